# SPDX-License-Identifier: BSD-3-Clause
"""
Compare with scikit-learn's MLP and gradient boosting
=====================================================

Four classifiers on three sets that come with scikit-learn, tested on the same five folds. The two MLPs start from the
same weights with the same seed, and here they reach the same accuracies. On such small sets the spread of the folds
is larger than the differences between the models.
"""

# %%
# The MLPs need scaled columns, the other two take columns as they are. Such small sets need one thread only.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

import neuract as na

models = {
    "gradient boosting": HistGradientBoostingClassifier(random_state=0),
    "scikit-learn MLP": make_pipeline(StandardScaler(), MLPClassifier(max_iter=1000, random_state=0)),
    "neuract MLP": make_pipeline(StandardScaler(), na.MLPClassifier(max_iter=1000, random_state=0)),
    "neuract tabular": na.TabularClassifier(effort="quick", random_state=0),
}
sets = {"iris": load_iris, "wine": load_wine, "breast cancer": load_breast_cancer}
folds = StratifiedKFold(5, shuffle=True, random_state=0)
with threadpool_limits(1):
    scores = {
        name: [100 * cross_val_score(model, *load(return_X_y=True), cv=folds) for load in sets.values()]
        for name, model in models.items()
    }
for name, each in scores.items():
    print(f"{name:18}", *(f"{data} {of_folds.mean():.1f} %" for data, of_folds in zip(sets, each, strict=True)))

# %%
# A mark is the mean accuracy of the five folds, and the line reaches from the worst to the best fold.

fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
styles = (("#8c8c8c", "s"), ("#222222", "o"), ("#0f69b4", "o"), ("#e06c00", "D"))
for number, ((name, each), (colour, mark)) in enumerate(zip(scores.items(), styles, strict=True)):
    y = np.arange(len(sets)) + 0.18 * (number - 1.5)
    means = np.mean(each, axis=1)
    reach = np.abs(np.column_stack([np.min(each, axis=1), np.max(each, axis=1)]).T - means)
    ax.errorbar(means, y, xerr=reach, fmt=mark, color=colour, markersize=7, linewidth=1.4, label=name)
ax.set_yticks(range(len(sets)), sets)
ax.invert_yaxis()
ax.set(xlabel="accuracy (%)", title="Accuracy in five folds")
fig.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=9)
plt.show()
