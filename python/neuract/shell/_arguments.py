# SPDX-License-Identifier: BSD-3-Clause
"""The command line: commands, options, and help with examples."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from neuract.columns._number import SCALINGS
from neuract.losses._named import LOSSES
from neuract.shell._cells import MISSING, Meaning
from neuract.shell._reading import FORMATS, Reading

PROGRAM = "python -m neuract"
EFFORTS = ("quick", "default", "thorough")
SEPARATORS = {"tab": "\t", "\\t": "\t", "space": " "}

DESCRIPTION = """\
Neural networks for tables, from the shell: learn from a file, predict another one.

  fit      learn a model from a table
  predict  write the predictions of a model for the rows of a table
  report   write a page about a model, to open in a browser
  show     print what a model is: target, columns, score, settings

Without a command, neuract learns a frame that scikit-learn brings along, and shows how well and how fast. That writes
no file."""

EPILOG = """\
examples:
  python -m neuract
  python -m neuract fit train.csv --target price
  python -m neuract predict model.safetensors new.csv --out scores.csv
  python -m neuract COMMAND --help

exit codes: 0 fine, 1 an error of the data or the model, 2 wrong usage, 130 Ctrl-C, 141 the reader of the output left"""

FIT = """\
Learns to predict one column of a table from the others, and writes the model to a file.

The columns are taken as they are: numbers, dates (2024-01-31), true and false, everything else as text, whose values
are levels. Text, true and false, or few whole numbers in the target make a classifier, other numbers a regressor."""

FIT_EXAMPLES = """\
examples:
  python -m neuract fit train.csv --target price
  python -m neuract fit train.parquet --target churn --drop customer_id --out churn.safetensors --report churn.html
  python -m neuract fit train.csv --target price --effort quick             a first look, in a quarter of the time
  python -m neuract fit train.csv --target price --hold-out 0.2 --seed 1    score rows that the training never sees
  python -m neuract fit train.csv --target sales --loss poisson             counts
  python -m neuract fit train.csv --target price --quantiles 0.1,0.5,0.9    a range, and the middle
  gunzip -c train.csv.gz | python -m neuract fit - --target price           (train.csv.gz itself is read too)"""

PREDICT = """\
Writes the predictions of a model for the rows of a table.

The output has the columns of --keep, then "prediction" (with several quantiles "quantile 0.1" and so on), and for a
classifier "probability of CLASS" for each class. Columns that the model does not know are passed over."""

PREDICT_EXAMPLES = """\
examples:
  python -m neuract predict model.safetensors new.csv --out scores.csv
  python -m neuract predict model.safetensors new.csv --keep id --out scores.parquet
  cat new.csv | python -m neuract predict model.safetensors - | head"""

REPORT = """\
Writes a page about a model: the prediction for a row that you move, and why it is so; neurons, learning curves,
layers. With a table also how well the model predicts its rows, what each column is worth, and a diagnosis."""

REPORT_EXAMPLES = """\
examples:
  python -m neuract report model.safetensors
  python -m neuract report model.safetensors test.csv --out report.html
  python -m neuract report model.safetensors test.csv --unit $"""

SHOW = """\
Prints what a model is: its target, the columns with what becomes of them, its score, its settings."""

SHOW_EXAMPLES = """\
example:
  python -m neuract show model.safetensors"""


def parser() -> argparse.ArgumentParser:
    """Returns the parser of all commands; `command` is the name of the chosen one, or None."""
    usage = f"{PROGRAM} [-h] [--no-picture]\n       {PROGRAM} COMMAND ..."
    top = _parser(argparse.ArgumentParser, prog=PROGRAM, usage=usage, description=DESCRIPTION, epilog=EPILOG)
    top.add_argument("--no-picture", action="store_true", help="without a command: print no picture at the end")
    commands = top.add_subparsers(prog=PROGRAM, dest="command", metavar="COMMAND")

    def command(name: str, description: str, epilog: str) -> argparse.ArgumentParser:
        made = _parser(commands.add_parser, name, description=description, epilog=epilog)
        made.add_argument("--traceback", action="store_true", help="show where in the program an error was raised")
        return made

    _add_fit(command("fit", FIT, FIT_EXAMPLES))
    _add_predict(command("predict", PREDICT, PREDICT_EXAMPLES))
    _add_report(command("report", REPORT, REPORT_EXAMPLES))
    _add_model(command("show", SHOW, SHOW_EXAMPLES))
    return top


def _parser(make: Callable[..., argparse.ArgumentParser], *name: str, **words: str) -> argparse.ArgumentParser:
    formatter = argparse.RawDescriptionHelpFormatter
    return make(*name, formatter_class=formatter, allow_abbrev=False, **words)


def reading(arguments: argparse.Namespace) -> Reading:
    """Returns how the table is to be read."""
    missing = MISSING if arguments.missing is None else ("", *arguments.missing)
    meaning = Meaning(missing, arguments.decimal)
    return Reading(arguments.format, arguments.separator, arguments.encoding, meaning)


# ---- each command --------------------------------------------------------------------------------------


def _add_fit(fit: argparse.ArgumentParser) -> None:
    _add_table(fit, "train", "the table to learn from")
    fit.add_argument("--target", required=True, metavar="COLUMN", help="the column to predict")
    fit.add_argument("--out", default="model.safetensors", metavar="FILE", help="the model (%(default)s)")
    fit.add_argument("--report", metavar="FILE", help="also write a page about the model (.html)")
    _add_columns(fit)
    _add_training(fit)
    _add_quiet(fit)


def _add_columns(fit: argparse.ArgumentParser) -> None:
    group = fit.add_argument_group("columns (options with COLUMN may be repeated)")
    group.add_argument("--drop", action="append", default=[], metavar="COLUMN", help="leave a column out")
    group.add_argument(
        "--text",
        "--categorical",
        action="append",
        default=[],
        metavar="COLUMN",
        dest="text",
        help="take the values of a column as levels, also if they look like numbers",
    )
    group.add_argument("--weight", metavar="COLUMN", help="the column with the weight of each row, >= 0")
    group.add_argument(
        "--drop-missing-target", action="store_true", help="leave out rows without a target, which are an error else"
    )


def _add_training(fit: argparse.ArgumentParser) -> None:
    group = fit.add_argument_group("training")
    group.add_argument("--task", choices=("classification", "regression"), help="what to learn (by the target)")
    group.add_argument("--loss", choices=sorted(LOSSES), metavar="LOSS", help=", ".join(LOSSES))
    group.add_argument(
        "--quantiles", type=_quantiles, metavar="Q,Q,...", help="predict these quantiles, such as 0.1,0.5,0.9"
    )
    group.add_argument(
        "--hold-out", type=_share, metavar="SHARE", help="score on this share of the rows, which training never sees"
    )
    group.add_argument("--scaling", choices=(*SCALINGS, "none"), default="robust", help="of numbers (robust)")
    group.add_argument("--effort", choices=EFFORTS, default="default", help="how much work to spend (default)")
    group.add_argument("--members", type=_count, metavar="N", help="networks of each group (by the number of rows)")
    group.add_argument("--epochs", type=_count, metavar="N", help="of a group at most so many (by the number of rows)")
    group.add_argument("--seed", type=_seed, default=0, metavar="N", help="the same seed gives the same model (0)")
    group.add_argument("--threads", type=_count, metavar="N", help="at most so many; results do not depend on them")


def _add_predict(predict: argparse.ArgumentParser) -> None:
    _add_model(predict)
    _add_table(predict, "table", "the rows to predict")
    predict.add_argument("--out", default="-", metavar="FILE", help="the predictions; - is standard output, as CSV (-)")
    predict.add_argument("--out-format", choices=FORMATS, help="of the output (by its suffix)")
    predict.add_argument(
        "--keep", action="append", default=[], metavar="COLUMN", help="copy a column, such as an id; may be repeated"
    )
    predict.add_argument("--threads", type=_count, metavar="N", help="at most so many")
    _add_quiet(predict)


def _add_report(report: argparse.ArgumentParser) -> None:
    _add_model(report)
    _add_table(report, "table", "rows to predict, compare and diagnose", optional=True)
    report.add_argument("--target", metavar="COLUMN", help="the target in the table (the name that the model knows)")
    report.add_argument("--unit", metavar="TEXT", help="unit of predicted numbers, such as $ or kWh")
    report.add_argument("--out", default="report.html", metavar="FILE", help="the page (%(default)s)")
    _add_quiet(report)


def _add_model(command: argparse.ArgumentParser) -> None:
    command.add_argument("model", metavar="MODEL", help="a model file (.safetensors)")


def _add_quiet(command: argparse.ArgumentParser) -> None:
    command.add_argument("--quiet", action="store_true", help="print errors only")


def _add_table(command: argparse.ArgumentParser, name: str, what: str, *, optional: bool = False) -> None:
    kinds = "CSV, Parquet or Arrow (also .gz); - is standard input"
    command.add_argument(name, nargs="?" if optional else None, metavar="TABLE", help=f"{what}: {kinds}")
    group = command.add_argument_group("reading")
    group.add_argument("--format", choices=FORMATS, help="of the table (by its content)")
    group.add_argument("--separator", type=_separator, metavar="SIGN", help="of CSV; tab is one too (it is found)")
    group.add_argument("--decimal", choices=(".", ","), default=".", metavar="SIGN", help="decimal point of CSV (.)")
    group.add_argument("--encoding", type=_encoding, metavar="NAME", help="of CSV, such as latin-1 (utf-8)")
    group.add_argument(
        "--missing",
        action="append",
        metavar="TEXT",
        help="a missing value in CSV, next to the empty one; may be repeated (NA, NaN, nan, null, NULL)",
    )


# ---- values --------------------------------------------------------------------------------------------


def _number(text: str, kind: Callable[[str], float], fits: Callable[[float], bool], wanted: str) -> float:
    try:
        number = kind(text)
    except ValueError:
        number = None
    if number is None or not fits(number):
        raise argparse.ArgumentTypeError(f"must be {wanted}, got {text!r}")
    return number


def _count(text: str) -> float:
    return _number(text, int, lambda n: 1 <= n < 2**31, "a whole number >= 1")


def _seed(text: str) -> float:
    return _number(text, int, lambda n: 0 <= n < 2**32, "a whole number from 0 to 4294967295")


def _share(text: str) -> float:
    return _number(text, float, lambda share: 0 < share < 1, "a number between 0 and 1")


def _quantiles(text: str) -> tuple[float, ...]:
    quantiles = tuple(map(_share, text.split(",")))
    if sorted(set(quantiles)) != list(quantiles):
        raise argparse.ArgumentTypeError(f"must be in increasing order, got {text!r}")
    return quantiles


def _separator(text: str) -> str:
    separator = SEPARATORS.get(text, text)
    if len(separator) != 1 or separator in '"\r\n':
        raise argparse.ArgumentTypeError(f"must be one sign, or tab; got {text!r}")
    return separator


def _encoding(text: str) -> str:
    try:
        "".encode(text)
    except (LookupError, ValueError):
        raise argparse.ArgumentTypeError(f"is not known: {text!r}") from None
    return text
