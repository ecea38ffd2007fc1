"""kytorch beside other libraries in Python: HIPS autograd, MyGrad and JAX."""
