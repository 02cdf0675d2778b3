# SPDX-License-Identifier: BSD-3-Clause
"""
Data frame with text, missing values and dates
==============================================

A `TabularRegressor` learns rents from a frame as it is: a number with gaps, a town as text, and a date. You see what
it has learned about each column, also about the flats whose size is missing. No column is encoded, scaled or imputed
by hand.
"""

# %%
# The flats are generated, so that the rule behind the rents is known: every square metre costs money, the town sets
# the price level, and new buildings cost more.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import neuract as na

random, rows = np.random.default_rng(0), 800
built = pd.Timestamp("1960-01-01") + pd.to_timedelta(random.integers(0, 23_000, rows), unit="D")
flats = pd.DataFrame(
    {
        "size": random.uniform(25, 120, rows),
        "town": random.choice(["Bonn", "Ulm", "Jena"], rows, p=[0.5, 0.3, 0.2]),
        "built": built,
    }
)
level = flats["town"].map({"Bonn": 13, "Ulm": 10, "Jena": 8})
rent = level * flats["size"] + 200 * (flats["built"] > "2000") + random.normal(0, 60, rows)
flats.loc[random.random(rows) < 0.15, "size"] = np.nan
flats.head()

# %%
# One call prepares the columns and trains the networks. The score is that of the rows that each network has not seen.

model = na.TabularRegressor(effort="quick", random_state=0).fit(flats, rent)
print(model.columns_)
print(f"R² on rows not seen: {model.oof_score_:.2f}")

# %%
# Predict a grid of flats in each town. Points are the data; a line ends in a mark at the left, the prediction for a
# flat whose size is unknown.

fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
size = np.linspace(25, 120, 60)
for town, colour, line in (("Bonn", "#222222", "-"), ("Ulm", "#0f69b4", "--"), ("Jena", "#e06c00", "-.")):
    some = flats["town"] == town
    ax.scatter(flats["size"][some], rent[some], 8, colour, alpha=0.3, linewidths=0)
    grid = pd.DataFrame({"size": [np.nan, *size], "town": town, "built": pd.Timestamp("1985-01-01")})
    unknown, *known = model.predict(grid)
    ax.plot(size, known, line, color=colour, label=town)
    ax.plot(16, unknown, "D", color=colour, markersize=7)
ax.axvline(20, color="#c9c9c9", linewidth=1)
ax.set_xticks([16, 40, 60, 80, 100, 120], ["missing", *range(40, 121, 20)])
ax.set(xlabel="size (m²)", ylabel="rent per month (€)", title="Rent by size and town, built in 1985")
ax.legend(loc="upper left", bbox_to_anchor=(0.07, 1))
plt.show()
