# SPDX-License-Identifier: BSD-3-Clause
"""
Learning curves and early stopping
==================================

Early stopping holds rows out, scores them after every epoch, and keeps the weights
of the best epoch. The learning curves of handwritten digits show it: the training
loss falls on and on, while the score of the held-out rows stays where it is.
"""

# %%
# Hold out a fifth of the digits, and stop after 15 epochs without a better score.

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits

import neuract as na

X, y = load_digits(return_X_y=True)
settings = {
    "early_stopping": True,
    "validation_fraction": 0.2,
    "n_iter_no_change": 15,
    "max_iter": 300,
}
model = na.MLPClassifier(
    (64, 32), learning_rate_init=0.003, **settings, random_state=0
)
model.fit(X / 16, y)
print(f"{model.n_iter_} epochs, best accuracy {model.best_validation_score_:.3f}")

# %%
# The ring marks the epoch whose weights the model has.

na.plotting.HistoryDisplay.from_estimator(model)
plt.show()
