# SPDX-License-Identifier: BSD-3-Clause
"""
Data frame with text, missing values and dates
==============================================

A `~neuract.TabularRegressor` learns rents from a frame as it is, with a column of
numbers that has gaps, a column of text and a column of dates. You see what it has
learned about the size and the town, and what it predicts for a flat whose size is
missing. You encode, scale and impute nothing by hand.
"""

# %%
# The flats are generated, so the rule behind the rents is known. Every square metre
# costs money, the town sets the level, and new buildings cost more.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import neuract as na

random, rows = np.random.default_rng(0), 800
days = pd.to_timedelta(random.integers(0, 23_000, rows), unit="D")
flats = pd.DataFrame({"size": random.uniform(25, 120, rows).round()})
flats["town"] = random.choice(["Bonn", "Ulm", "Jena"], rows, p=[0.5, 0.3, 0.2])
flats["built"] = pd.Timestamp("1960-01-01") + days
rent = flats["size"] * flats["town"].map({"Bonn": 13, "Ulm": 10, "Jena": 8})
rent += 200 * (flats["built"] > "2000") + random.normal(0, 60, rows)
flats.loc[random.random(rows) < 0.15, "size"] = np.nan
print(flats[10:15])

# %%
# One call prepares the columns and trains the networks. The score is that of rows
# that a network has not seen.

model = na.TabularRegressor(effort="quick", random_state=0).fit(flats, rent)
print(model.columns_)
print(f"R² on rows not seen: {model.oof_score_:.2f}")

# %%
# Points are the data, of buildings of all ages. A line is the prediction for flats
# that were built in 1985, and the diamond at the left is that for a flat whose size
# is missing.

fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
grid = pd.DataFrame(
    {"size": [np.nan, *range(25, 121)], "built": pd.Timestamp("1985-01-01")}
)
styles = (
    ("Bonn", "#222222", "-"),
    ("Ulm", "#0f69b4", "--"),
    ("Jena", "#e06c00", "-."),
)
for town, colour, line in styles:
    some = flats["town"] == town
    ax.scatter(flats["size"][some], rent[some], 8, colour, alpha=0.3, linewidths=0)
    missing, *known = model.predict(grid.assign(town=town)[flats.columns])
    ax.plot(grid["size"][1:], known, line, color=colour, label=town)
    ax.plot(16, missing, "D", color=colour, markersize=7)
ax.axvline(20, color="#c9c9c9", linewidth=1)
ax.set_xticks([16, 40, 60, 80, 100, 120], ["missing", *range(40, 121, 20)])
ax.set(
    xlabel="size (m²)", ylabel="rent per month (€)", title="Rent by size and town"
)
ax.legend(loc="upper left", bbox_to_anchor=(0.07, 1))
plt.show()
