# SPDX-License-Identifier: BSD-3-Clause
"""
Class imbalance: class weights on the precision-recall curve
============================================================

Three rows in a hundred belong to the rare class. Without class weights a network finds few of them; with
``class_weight="balanced"`` it finds more, with more false alarms. The precision-recall curve shows that both choose a
point of nearly the same curve, so you can also move the decision threshold.
"""

# %%
# Generated rows, 3 % of the rare class, half of them held out.

import matplotlib.pyplot as plt
from sklearn.datasets import make_classification
from sklearn.metrics import average_precision_score, precision_recall_curve, precision_score, recall_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

import neuract as na

X, y = make_classification(6000, 12, n_informative=6, weights=[0.97], flip_y=0.01, class_sep=1.3, random_state=0)
X = StandardScaler().fit_transform(X)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.5, stratify=y, random_state=0)
print(f"{y_test.sum()} of {len(y_test):,} test rows are rare")

# %%
# A mark is the point of the threshold 0.5, at which ``predict`` decides.

fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
styles = (("no class weights", None, "#0f69b4", "-", "o"), ("balanced", "balanced", "#e06c00", "--", "D"))
for name, weights, colour, line, mark in styles:
    model = na.MLPClassifier((32,), class_weight=weights, alpha=1.0, max_iter=1000, random_state=0)
    model.fit(X_train, y_train)
    probability, chosen = model.predict_proba(X_test)[:, 1], model.predict(X_test)
    precision, recall, _ = precision_recall_curve(y_test, probability)
    area = average_precision_score(y_test, probability)
    ax.plot(recall, precision, line, color=colour, label=f"{name}: average precision {area:.2f}")
    ax.plot(recall_score(y_test, chosen), precision_score(y_test, chosen), mark, color=colour, markersize=11)
ax.axhline(y_test.mean(), color="#8c8c8c", linestyle=":", label="guessing")
ax.set(xlabel="recall: share of the rare rows that are found", ylabel="precision: share of the alarms that are right")
ax.set_title("Precision and recall, with the threshold 0.5 as a mark")
ax.legend(loc="lower left", bbox_to_anchor=(0.02, 0.1))
plt.show()
