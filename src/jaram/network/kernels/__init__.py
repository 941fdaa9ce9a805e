"""Lowerings of convolution, pooling and recurrence that are faster on a CPU than JAX's own.

Each is a function of arrays with a derivative of its own, and agrees with ``jax.lax`` or a plain
``scan`` to rounding, in value and in gradient. On other devices the vendor's paths are taken.
"""
