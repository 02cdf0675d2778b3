# SPDX-License-Identifier: BSD-3-Clause
"""
Explain a single prediction: feature attribution
================================================

Why does the model call this tumour benign? `~neuract.explain` splits the difference
between this answer and the answer for a typical row into one part per column, by
integrated gradients. The parts add up to the whole difference.
"""

# %%
# Train on the breast cancer data.

import matplotlib.pyplot as plt
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import neuract as na

data = load_breast_cancer(as_frame=True)
parts = train_test_split(data.data, data.target_names[data.target], random_state=0)
X_train, X_test, y_train, y_test = parts
settings = {"alpha": 3.0, "max_iter": 300, "learning_rate_init": 0.005}
network = na.MLPClassifier((16,), "tanh", **settings, random_state=0)
model = make_pipeline(StandardScaler(), network).fit(X_train, y_train)
print(f"accuracy on {len(y_test)} new rows: {model.score(X_test, y_test):.3f}")

# %%
# Explain a row that the model has not seen, compared with the mean of the training
# rows.

mean = X_train.mean().to_dict()
explanation = na.explain(model, X_test.iloc[[3]], baseline=mean)
benign, typical = explanation.predictions[0, 0], explanation.base_values[0]
print(f"benign: {benign:.3f}, for the mean row {typical:.3f}")

# %%
# Blue raises the probability, orange lowers it. The ten largest parts are drawn.

display = na.plotting.ExplanationDisplay.from_explanation(
    explanation, max_display=10
)
display.ax_.set_title(
    "What raises the probability of benign", loc="left", fontsize=10
)
display.ax_.set_xlabel("added to the probability")
plt.show()
