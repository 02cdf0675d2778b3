# SPDX-License-Identifier: BSD-3-Clause
"""The command line that the benchmarks share. It imports nothing that starts threads."""

from __future__ import annotations

import argparse

from benchmarks import machine
from benchmarks.cases import CASES, RELU

QUICK_PEERS = ("scikit-learn", "onnxruntime")


def parse(program: str, description: str, peers: tuple[str, ...], threads: int = 1) -> argparse.Namespace:
    """Returns the options and restricts the process to `--threads`; call it before every other import."""
    parser = common(program, description, threads)
    cases = parser.add_mutually_exclusive_group()
    cases.add_argument("--case", nargs="+", choices=CASES, metavar="NAME", help=f"of {', '.join(CASES)}")
    cases.add_argument("--all", action="store_true", help="every case (default: the six with ReLU in float32)")
    if peers:
        parser.add_argument("--peers", nargs="*", choices=peers, metavar="NAME", help=f"of {', '.join(peers)}")
    options = parser.parse_args()
    options.case = options.case or list(CASES if options.all else (case.name for case in RELU))
    if peers and options.peers is None:
        options.peers = [peer for peer in peers if not options.quick or peer in QUICK_PEERS]
    return settled(options)


def common(program: str, description: str, threads: int = 1) -> argparse.ArgumentParser:
    """Returns a parser of the options that every benchmark has."""
    parser = argparse.ArgumentParser(f"python -m benchmarks.{program}", description=description)
    threads_help = "cores and threads of every candidate (default: %(default)s)"
    parser.add_argument("--threads", type=int, default=threads, help=threads_help)
    parser.add_argument("--rounds", type=int, default=7, help="samples; the median counts (default: 7)")
    parser.add_argument("--quick", action="store_true", help="few rows, one round: tests function, not speed")
    parser.add_argument("--markdown", action="store_true", help="tables as Markdown")
    parser.add_argument("--json", metavar="FILE", help="append the run to this file, one JSON object per line")
    return parser


def settled(options: argparse.Namespace) -> argparse.Namespace:
    """Returns the options after applying --quick, and restricts the process to them."""
    if options.quick:
        options.rounds = 1
    machine.restrict(options.threads)
    return options
