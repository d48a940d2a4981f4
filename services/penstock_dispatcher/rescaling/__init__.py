"""Flink's resource requirements and rescale history, over the rescaling that there is."""
