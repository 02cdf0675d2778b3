# SPDX-License-Identifier: BSD-3-Clause
"""
Compare with scikit-learn's MLP and gradient boosting
=====================================================

Four classifiers on three sets that come with scikit-learn, tested on the same three
folds. The two MLPs start from the same weights with the same seed, and here they
reach the same accuracies. On such small sets the spread of the folds is larger than
the differences between the models.
"""

# %%
# The MLPs need scaled columns. The other two take columns as they are. One thread
# is enough for such small sets.

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

sklearn_mlp = MLPClassifier(max_iter=1000, random_state=0)
neuract_mlp = na.MLPClassifier(max_iter=1000, random_state=0)
models = {
    "gradient boosting": HistGradientBoostingClassifier(random_state=0),
    "scikit-learn MLP": make_pipeline(StandardScaler(), sklearn_mlp),
    "neuract MLP": make_pipeline(StandardScaler(), neuract_mlp),
    "neuract tabular": na.TabularClassifier(effort="quick", random_state=0),
}
sets = {"iris": load_iris, "wine": load_wine, "breast cancer": load_breast_cancer}
folds = StratifiedKFold(3, shuffle=True, random_state=0)
accuracies = {}  # of each model: sets × folds, in percent
for name, model in models.items():
    with threadpool_limits(1):
        data = [load(return_X_y=True) for load in sets.values()]
        scores = [cross_val_score(model, X, y, cv=folds) for X, y in data]
    accuracies[name] = 100 * np.array(scores)
    print(f"{name:18} {accuracies[name].mean(axis=1).round(1)} %")

# %%
# A mark is the mean accuracy of the three folds. The line reaches from the worst
# fold to the best one.

fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
styles = (("#8c8c8c", "s"), ("#222222", "o"), ("#0f69b4", "o"), ("#e06c00", "D"))
rows = np.arange(len(sets)) - 0.27
for (name, each), (colour, mark) in zip(accuracies.items(), styles, strict=True):
    ax.hlines(rows, each.min(axis=1), each.max(axis=1), colour, linewidth=1.5)
    ax.plot(each.mean(axis=1), rows, mark, color=colour, markersize=8, label=name)
    rows = rows + 0.18
ax.set_yticks(range(len(sets)), sets)
ax.invert_yaxis()
ax.set(xlabel="accuracy (%)", title="Accuracy in three folds")
fig.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=9)
plt.show()
