# SPDX-License-Identifier: BSD-3-Clause
"""Columns: a frame as it is becomes the float matrix and the inputs of a network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Literal, Self, cast

import numpy as np

from neuract._checks import not_fitted, one_of, whole_number
from neuract._reprs import call
from neuract._typing import Array
from neuract._warnings import warn
from neuract.columns._category import Category
from neuract.columns._column import Column
from neuract.columns._date import Date
from neuract.columns._frame import Table, table
from neuract.columns._names import check_names
from neuract.columns._number import SCALINGS, Number
from neuract.columns._stand_in import stand_in
from neuract.columns._text import look_at_text
from neuract.columns._values import DATE, EMPTY, SPAN, TEXT, Values
from neuract.layers._inputs import Input, Numbers, Periodic

Categorical = Literal["auto"] | Sequence[str] | Sequence[int]
ScalingName = Literal["robust", "standard", "unit"]
MOST_RARE = 10  # rows of a rare level


class Columns:
    """Takes the columns of a frame: learns their kinds, levels and statistics, and gives what a `Network` takes.

    Parameters
    ----------
    categorical : "auto" or list of str or int, default="auto"
        The columns whose values are levels, by name or number, next to those with text or categories.
    scaling : {"robust", "standard", "unit"} or None, default="robust"
        Of numbers: "robust", (x - median) / distance of the quartiles, then smoothly held between -3 and 3; "standard",
        mean 0 and standard deviation 1; "unit", between 0 and 1; None, as they are.
    min_rows : int or None, default=None
        Levels with fewer rows in training share one. None: one row in a thousand, from 1 to 10.

    Attributes
    ----------
    kinds_ : tuple
        The columns of the frame that are used, in its order.
    inputs_ : list
        Inputs for ``Network(layers, inputs=columns.inputs_)``.
    left_out_ : dict of str
        The columns that are not used, each with the reason.
    n_features_in_ : int
        Number of columns of the frame.
    feature_names_in_ : ndarray of str
        Their names, if the frame has names.

    Notes
    -----
    Numbers and bools are scaled; a missing one becomes the center, and a column with missing values in training gets
    a second number, 1 where the value is missing. Text and categories become numbers of levels: 0 is a level that
    training has not seen; missing values are a level. Dates become elapsed time, and sine and cosine of the year, the
    week and the day where the training rows resolve them. All statistics have the same bits on every machine.

    Examples
    --------
    >>> import neuract as na
    >>> frame = {"size": [50, 80, 120, None], "town": ["Ulm", "Bonn", "Ulm", "Ulm"]}
    >>> columns = na.Columns(scaling="unit").fit(frame)
    >>> columns.transform(frame)
    array([[ 0.        ,  0.        , -1.        ],
           [ 0.42857143,  0.        ,  1.        ],
           [ 1.        ,  0.        , -1.        ],
           [ 0.42857143,  1.        , -1.        ]], dtype=float32)
    >>> columns.names_
    ['size', 'size is missing', 'town']
    >>> columns.inputs_
    [Periodic(columns=(0,)), Numbers(columns=(1, 2))]
    """

    kinds_: tuple[Column, ...]
    left_out_: dict[str, str]
    n_features_in_: int

    def __init__(
        self,
        categorical: Categorical = "auto",
        *,
        scaling: ScalingName | None = "robust",
        min_rows: int | None = None,
    ) -> None:
        self.categorical = categorical
        self.scaling: ScalingName | None = scaling
        self.min_rows = min_rows

    # ---- learning ----------------------------------------------------------------------------------

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learns from the columns of X; returns itself.

        Parameters
        ----------
        X : frame, dict, list of dicts, or array of shape (rows, columns)
            A frame of pandas, polars, pyarrow or whatever narwhals reads; a dict of columns, or of the values of one
            row; numbers or objects in an array. None, NaN and empty text are missing values.
        y : ignored

        Raises
        ------
        ValueError, TypeError
            If a column has infinity, lists, bytes or prose, or if X has no rows; the message names the column.
        """
        self._learn(table(X))
        return self

    def _learn(self, frame: Table) -> Array:
        """Learns from a table, and returns its matrix in float64."""
        if self.scaling is not None:
            one_of(self.scaling, "scaling", SCALINGS)
        chosen, least = self._chosen(frame), self._least_rows(frame.rows)
        used: list[tuple[int, Column, Values]] = []
        left_out = {}
        for number in range(frame.n_columns):
            name, values = frame.name(number), frame.values(number)
            kind = self._kind(name, values, number in chosen, least)
            if isinstance(kind, str):
                left_out[name] = kind
            else:
                used.append((number, kind, values))
        if not used:  # a network needs an input
            values = frame.values(0)
            used = [(0, stand_in(frame.name(0), values), values)]
            del left_out[frame.name(0)]
        places, kinds, _ = zip(*used, strict=True)
        self._set(frame.names, frame.n_columns, places, kinds, left_out)
        return np.stack([numbers for _, kind, values in used for numbers in kind.numbers(values)], axis=1)

    def _set(
        self,
        names: Sequence[str] | None,
        n_columns: int,
        places: Sequence[int],
        kinds: Sequence[Column],
        left_out: Mapping[str, str],
    ) -> None:
        """Sets what is learned. places: of each kind, the number of its column in the frame."""
        self.kinds_, self.left_out_, self.n_features_in_ = tuple(kinds), dict(left_out), n_columns
        self._places = tuple(places)
        self._known_names = frozenset(names or ())
        if names is not None:
            self.feature_names_in_ = np.array(names, dtype=object)
        else:
            self.__dict__.pop("feature_names_in_", None)
        self._one = [(kind.name, kind.one, kind.one_takes) for kind in kinds]
        self._plain = names is None and all(isinstance(kind, Number) for kind in kinds)

    def _chosen(self, frame: Table) -> set[int]:
        """Returns the numbers of the columns that are categorical."""
        if isinstance(self.categorical, str):
            one_of(self.categorical, "categorical", ("auto",))
            return set()
        chosen = set()
        for each in self.categorical:
            known = frame.names or []
            if isinstance(each, str) and each in known:
                chosen.add(known.index(each))
            elif isinstance(each, (int, np.integer)) and -frame.n_columns <= each < frame.n_columns:
                chosen.add(int(each) % frame.n_columns)
            else:
                raise ValueError(
                    f"categorical must have names or numbers of X's columns; got {each!r}, X has {frame.n_columns} "
                    f"columns{': ' + ', '.join(map(repr, known[:10])) if known else ''}"
                )
        return chosen

    def _least_rows(self, rows: int) -> int:
        if self.min_rows is None:
            return min(MOST_RARE, max(1, rows // 1000))
        return whole_number(self.min_rows, "min_rows", low=1)

    def _kind(self, name: str, values: Values, categorical: bool, least: int) -> Column | str:
        """Returns the kind of a column, or why it is left out."""
        if categorical and values.form in (DATE, SPAN):
            raise ValueError(f"column {name!r} of X has {values.form}s, which are no levels; make text of them")
        if values.form == TEXT or (categorical and values.form != EMPTY):
            return _category(name, values.texts(), least, wanted=categorical)
        known = values.values[~np.isnan(values.values)]
        if not len(known):
            return "it has no values"
        if known.min() == known.max() and len(known) == len(values):
            return "it is constant"
        if values.form == DATE:
            return Date.learned(name, values, self.scaling)
        return Number.learned(name, values, self.scaling)

    # ---- asking ------------------------------------------------------------------------------------

    def transform(self, X: Any, dtype: Any = "float32") -> Array:
        """Returns the matrix of X, (rows, numbers), whose columns `names_` names.

        Parameters
        ----------
        X : frame, dict, list of dicts, or array of shape (rows, columns)
            With the columns of `fit`: frames in the same order, dicts in any.
        dtype : {"float32", "float64"}, default="float32"
        """
        self._check_fitted()
        frame = table(X)
        return self._matrix(frame, self._found(frame), dtype)

    def fit_transform(self, X: Any, y: Any = None, dtype: Any = "float32") -> Array:
        """Learns from the columns of X and returns its matrix; see `fit` and `transform`."""
        frame = table(X)
        return self._checked(self._learn(frame), dtype)

    def _matrix(self, frame: Table, places: Sequence[int], dtype: Any) -> Array:
        matrix = np.empty((frame.rows, len(self.names_)), np.float64)
        at = 0
        for place, kind in zip(places, self.kinds_, strict=True):
            for numbers in kind.numbers(frame.values(place)):
                matrix[:, at] = numbers
                at += 1
        return self._checked(matrix, dtype)

    def _checked(self, matrix: Array, dtype: Any) -> Array:
        """Returns the matrix in its dtype; ValueError if a number is too large for it."""
        with np.errstate(over="ignore"):
            converted: Array = matrix.astype(np.dtype(one_of(dtype, "dtype", ("float32", "float64"))))
        if not np.isfinite(converted).all():
            row, column = map(int, np.argwhere(~np.isfinite(converted))[0])
            raise ValueError(
                f"column {self.names_[column]!r} of X has a value too large for {dtype} in row {row}; "
                "scaling='robust' takes numbers of any size"
            )
        return converted

    def row(self, X: Mapping[str, Any]) -> tuple[float, ...] | None:
        """Returns the numbers of one row, given as a dict of common values; None if `transform` must look at it."""
        numbers: tuple[float, ...] = ()
        if len(X) != self.n_features_in_:
            return None
        try:
            for name, one, takes in self._one:
                value = X[name]
                if type(value) not in takes:
                    return None
                numbers += one(value)
        except (KeyError, ValueError, OverflowError):
            return None
        return numbers if X.keys() == self._known_names else None

    def array_row(self, X: Array) -> tuple[float, ...] | None:
        """Returns the same for an array with one row, of columns that all are numbers without names."""
        if not self._plain or X.shape != (1, self.n_features_in_) or X.dtype.kind not in "fiu":
            return None
        values: list[Any] = X[0].tolist()
        numbers: tuple[float, ...] = ()
        try:
            for place, (_, one, takes) in zip(self._places, self._one, strict=True):
                if type(values[place]) not in takes:
                    return None
                numbers += one(values[place])
        except (ValueError, OverflowError):
            return None
        return numbers

    def _found(self, frame: Table) -> Sequence[int]:
        """Returns the place of each kind's column; ValueError in scikit-learn's words if the columns are others."""
        known = getattr(self, "feature_names_in_", None)
        if known is None or frame.names is None:
            self._warn_of_names(known is not None, frame.names is not None)
            if frame.n_columns != self.n_features_in_:
                raise ValueError(
                    f"X has {frame.n_columns} features, but {self._told_as} is expecting {self.n_features_in_} "
                    "features as input"
                )
            return self._places
        names = known.tolist()
        if frame.names == names:
            return self._places
        check_names(frame.names, names, frame.ordered)
        return [frame.names.index(kind.name) for kind in self.kinds_]

    _told_as = "Columns"  # in messages

    def _warn_of_names(self, fitted: bool, given: bool) -> None:
        """Warns, in scikit-learn's words, if only the columns of the fit, or only these, have names."""
        if given and not fitted:
            warn(f"X has feature names, but {self._told_as} was fitted without feature names")
        if fitted and not given:
            warn(f"X does not have valid feature names, but {self._told_as} was fitted with feature names")

    @property
    def names_(self) -> list[str]:
        """The names of the matrix's columns."""
        self._check_fitted()
        return [name for kind in self.kinds_ for name in kind.names]

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """Returns the names of the matrix's columns, for scikit-learn's `set_output` and pipelines."""
        return np.array(self.names_, dtype=object)

    @property
    def inputs_(self) -> list[Input]:
        """Periodic inputs for numbers with many values, one number a level, and the rest as they are."""
        self._check_fitted()
        smooth: list[int] = []
        plain: list[int] = []
        levels: list[Input] = []
        at = 0
        for kind in self.kinds_:
            of_levels = kind.levels_as(at)
            levels += of_levels
            for is_smooth in kind.smooth:
                if not of_levels:
                    (smooth if is_smooth else plain).append(at)
                at += 1
        numbers: list[Input] = []
        if smooth:
            numbers.append(Periodic(smooth))
        if plain:
            numbers.append(Numbers(plain))
        return numbers + levels

    def _check_fitted(self) -> None:
        if "kinds_" not in self.__dict__:
            raise not_fitted("Columns")

    # ---- words -------------------------------------------------------------------------------------

    def rows(self) -> list[tuple[str, str, str]]:
        """Returns name, kind and treatment of each column of the frame, those left out last."""
        self._check_fitted()
        used = [(kind.name, *kind.told()) for kind in self.kinds_]
        return used + [(name, "left out", reason) for name, reason in self.left_out_.items()]

    def __str__(self) -> str:
        if "kinds_" not in self.__dict__:
            return repr(self)
        lines = [("column", "kind", "becomes"), *self.rows()]
        widths = [max(len(line[k]) for line in lines) for k in range(2)]
        return "\n".join(f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c}" for a, b, c in lines)

    def __repr__(self) -> str:
        return call(type(self), categorical=self.categorical, scaling=self.scaling, min_rows=self.min_rows)

    def _repr_html_(self) -> str:
        if "kinds_" not in self.__dict__:
            return f"<code>{escape(repr(self))}</code>"
        cells = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in line)}</tr>" for line in self.rows())
        return f"<table><tr><th>column</th><th>kind</th><th>becomes</th></tr>{cells}</table>"

    # ---- files: neuract.files._columns ---------------------------------------------------------------

    def _state(self) -> dict[str, Any]:
        names = getattr(self, "feature_names_in_", None)
        return {
            "names": None if names is None else names.tolist(),
            "n_columns": self.n_features_in_,
            "places": list(self._places),
            "kinds": list(self.kinds_),
            "left_out": self.left_out_,
        }


def _category(name: str, texts: list[str | None], least: int, *, wanted: bool) -> Column | str:
    """Returns the kind of a column of text, or why it is left out. wanted: the user says that it has levels."""
    counts = Counter(texts)
    gaps = counts.pop(None, 0) + counts.pop("", 0)
    rows = cast("Counter[str]", counts)
    if not rows:
        return "it has no values"
    if len(rows) == 1 and not gaps:
        return "it is constant"
    if not wanted:
        look_at_text(name, rows)
    category = Category.learned(name, rows, gaps > 0, least)
    return category if category.levels or category.n_levels > 1 else "no level has enough rows"
