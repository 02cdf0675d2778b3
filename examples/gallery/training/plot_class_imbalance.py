# SPDX-License-Identifier: BSD-3-Clause
"""
Class imbalance: class weights on the precision-recall curve
============================================================

Three rows in a hundred belong to the rare class. A network without class weights
finds half of them. With ``class_weight="balanced"`` it finds more of them, and most
of its alarms are false. Both lie on nearly the same precision-recall curve, so you
can also move the decision threshold.
"""

# %%
# The rows are generated. Half of them are held out.

import matplotlib.pyplot as plt
import sklearn.metrics as metrics
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

import neuract as na

kind = {"n_informative": 6, "weights": [0.97], "flip_y": 0.01, "class_sep": 1.3}
X, y = make_classification(6000, 12, **kind, random_state=0)
halves = train_test_split(
    StandardScaler().fit_transform(X), y, test_size=0.5, stratify=y, random_state=0
)
X_train, X_test, y_train, y_test = halves
print(f"{y_test.sum()} of {len(y_test):,} test rows are rare")

# %%
# Train a network without class weights, and one with balanced weights.

settings = {"alpha": 1.0, "max_iter": 1000, "random_state": 0}
probabilities, points = {}, {}  # of the rare class; recall and precision
for weights in (None, "balanced"):
    model = na.MLPClassifier((32,), class_weight=weights, **settings)
    found = model.fit(X_train, y_train).predict(X_test)
    probabilities[weights] = model.predict_proba(X_test)[:, 1]
    measures = (metrics.recall_score, metrics.precision_score)
    points[weights] = [measure(y_test, found) for measure in measures]
    recall, precision = points[weights]
    print(f"{weights}: recall {recall:.2f}, precision {precision:.2f}")

# %%
# A mark is the point of the threshold 0.5, at which ``predict`` decides.

fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
styles = {None: ("#0f69b4", "-"), "balanced": ("#e06c00", "--")}
for weights, (colour, style) in styles.items():
    rare = probabilities[weights]
    precision, recall, _ = metrics.precision_recall_curve(y_test, rare)
    area = metrics.average_precision_score(y_test, rare)
    name = f"class_weight={weights!r}: average precision {area:.2f}"
    ax.plot(recall, precision, style, color=colour, label=name)
    ax.plot(*points[weights], "D", color=colour, markersize=10)
ax.axhline(y_test.mean(), color="#8c8c8c", linestyle=":", label="guessing")
ax.set_xlabel("recall: share of the rare rows that are found")
ax.set_ylabel("precision: share of the alarms that are right")
ax.set_title("Precision and recall, with the threshold 0.5 as a mark")
ax.legend(loc="lower left", bbox_to_anchor=(0.02, 0.1))
plt.show()
