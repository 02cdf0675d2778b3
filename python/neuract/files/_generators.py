# SPDX-License-Identifier: BSD-3-Clause
"""The state of NumPy's RandomState in a model file: a JSON object, and the words of the Mersenne Twister."""

from __future__ import annotations

from typing import Any

import numpy as np

from neuract._checks import boolean, real_number, whole_number
from neuract.files._values import Reader, Unwritable, Writer, object_with

WORDS = 624
GENERATOR = "generator"  # value of random_state if the file has the state of a generator


def write_generator(random: np.random.RandomState | None, writer: Writer) -> dict[str, Any] | None:
    """Returns the state as JSON, None for None; the words go to the writer as an array."""
    if random is None:
        return None
    state: Any = random.get_state(legacy=False)
    if state["bit_generator"] != "MT19937":
        raise Unwritable(f"a RandomState of {state['bit_generator']}")
    return {
        "words": writer.write(state["state"]["key"]),
        "position": int(state["state"]["pos"]),
        "has_gauss": bool(state["has_gauss"]),
        "gauss": float(state["gauss"]),
    }


def read_generator(document: Any, reader: Reader) -> np.random.RandomState | None:
    """Returns a RandomState of that state, None for None; checked, since NumPy accepts any position."""
    if document is None:
        return None
    document = object_with(document, ("words", "position", "has_gauss", "gauss"), "generator")
    words, position = reader.read(document["words"]), whole_number(document["position"], "position", low=0)
    if not isinstance(words, np.ndarray) or words.dtype != np.uint32 or words.shape != (WORDS,) or position > WORDS:
        raise ValueError(f"generator must have {WORDS} words of 32 bits, and a position from 0 to {WORDS}")
    gauss = real_number(document["gauss"], "gauss", open_low=True, open_high=True)
    random = np.random.RandomState(0)
    has_gauss = int(boolean(document["has_gauss"], "has_gauss"))
    random.set_state(("MT19937", words, position, has_gauss, gauss))
    return random
