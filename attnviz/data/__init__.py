"""Readers of the public data sets that train and score the shipped models; no data set is part of the project."""
