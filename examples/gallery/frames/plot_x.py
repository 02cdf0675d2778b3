"""
Fit a frame
===========

Text.
"""
import matplotlib.pyplot as plt
import neuract as na
net = na.MLPRegressor(random_state=0)
plt.plot([1,2])
