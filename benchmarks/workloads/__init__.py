"""The workloads, each in a file of its own: a new one is written beside them and listed here."""

from benchmarks.workload import Measured
from benchmarks.workloads import w1, w2, w3, w4, w5, w6, w7, w8, w9, w10

WORKLOADS: tuple[Measured, ...] = (
    w1.WORKLOAD,
    w2.WORKLOAD,
    w3.BOTH,
    w4.WORKLOAD,
    w5.WORKLOAD,
    w6.WORKLOAD,
    w7.GELU,
    w7.SOFTMAX,
    w8.WORKLOAD,
    w9.WORKLOAD,
    w10.WORKLOAD,
)
