# SPDX-License-Identifier: BSD-3-Clause
"""Members trained and asked next to each other: what each does alone, for any threads; failures of one or of all."""

import _thread
import signal
import threading

import numpy as np
import pytest

import neuract as na
import neuract._neuract_core as core
from neuract.inputs._data import Data
from neuract.schedules._course import Course
from neuract.training._members import Members
from neuract.training._together import HeldOut, Member, Together
from oracle import reference as ref
from oracle.comparisons import assert_same_bits
from oracle.twins import learned_of, twin

ROWS, COLUMNS, BATCH = 90, 3, 16
COURSE = Course(na.schedules.DoublingCycles(1.5), na.schedules.Fade(0.5, 2), 4)
WIDTHS = [9, 130, 20, 4, 160]  # of the members' first layers; the large ones are work for two threads


@pytest.fixture
def data(rng):
    return Data(rng.normal(size=(ROWS, COLUMNS)), rng.normal(size=(ROWS, 1)), rng.uniform(0.5, 2, ROWS))


def rows_of(number):
    """Each member has rows of its own; the last has less than a batch."""
    return np.random.RandomState(number).permutation(ROWS)[: [90, 71, 80, 64, 11][number]]


def network(number, **settings):
    inputs = [na.Periodic([0, 1], frequencies=5 + number, size=3), na.Numbers(2), na.Scale()]
    hidden = [na.Dense(WIDTHS[number], "tanh", dropout=0.25), na.Dense(min(120, WIDTHS[number]), dropout=0.5)]
    settings = {"inputs": inputs, "optimizer": na.AdamW(weight_decay=0.1), "dtype": "float64"} | settings
    return na.Network([*hidden, na.Dense(1)], batch_size=BATCH, **settings)


def member(number, data, **settings):
    net, random = network(number, **settings), np.random.RandomState(number)
    net._learner.start(data.x.astype(net.dtype), net.init, random)
    order = core.Order(rows_of(number), random._bit_generator)
    return Member(net._learner.session, order, 0.01 * (1 + number))


def parameters(one):
    flat = np.empty(one.session.parameters.core.size, one.session.parameters.dtype)
    one.session.parameters.core.copy_out(flat)
    return flat


def trained(numbers, data, n_threads=1, epochs=3):
    """{number: (losses, parameters)} of members that run together."""
    members = [member(number, data) for number in numbers]
    together = Together(members, data, COURSE, n_threads)
    losses = [together.run(epoch) for epoch in range(epochs)]
    by_member = zip(*losses, strict=True)
    return {n: (each, parameters(m)) for n, m, each in zip(numbers, members, by_member, strict=True)}


# ---- the same as alone -------------------------------------------------------------------------


@pytest.fixture
def alone(data):
    return {number: trained([number], data)[number] for number in range(5)}


@pytest.mark.parametrize("numbers", [[0, 1, 2, 3, 4], [4, 3, 1, 0, 2], [1, 4], [3, 1, 4]], ids=str)
@pytest.mark.parametrize("n_threads", [1, 2, 4])
def test_neither_threads_nor_the_others_change_a_bit(data, alone, numbers, n_threads):
    for number, (losses, flat) in trained(numbers, data, n_threads).items():
        assert losses == alone[number][0]
        assert_same_bits([flat], [alone[number][1]])


@pytest.mark.parametrize("number", range(5))
def test_a_member_does_what_its_session_does(data, number):
    """On a copy of its rows, in the order in which it takes them."""
    one, other = member(number, data), member(number, data)
    together = Together([one], data, COURSE, 2)
    for epoch in range(3):
        (loss,) = together.run(epoch)
        whole = one.steps * BATCH if len(rows_of(number)) > BATCH else len(rows_of(number))
        rows, ended = one.order.numbers[:whole], []
        part = Data(data.x[rows], data.targets[rows], data.sample_weight[rows])
        other.session.run(part, None, one.rate, ended, 1, COURSE.shares(epoch, one.steps))
        assert loss == pytest.approx(sum(ended[0]), rel=1e-14)
        assert_same_bits([parameters(one)], [parameters(other)])


def test_members_are_the_oracles(rng):
    """Periodic and embedded inputs, AdamW, schedules of the rate and of weight decay, weights of rows."""
    x = np.column_stack([rng.normal(size=ROWS), rng.integers(0, 5, ROWS)])
    t, weight, members, known = rng.normal(size=(ROWS, 2)), rng.uniform(0, 2, ROWS), [], []
    for number in range(3):
        shapes = {"frequencies": 4, "phases": 4, "weights": (4, 3), "biases": 3}
        learned = {name: rng.normal(size=shape) for name, shape in shapes.items()}
        inputs = [ref.Input("periodic", 0, rate=0.5, learned=learned)]
        inputs += [ref.Input("embedding", 1, 4, learned={"vectors": rng.normal(size=(5, 2))})]
        inputs += [ref.Input("scale", rate=2.0, learned={"factors": rng.uniform(0.5, 2, 6)})]
        units = 5 + number
        layers = [ref.Layer(rng.normal(size=(6, units)) / 3, rng.normal(size=units), "tanh")]
        layers += [ref.Layer(rng.normal(size=(units, 2)) / 2, rng.normal(size=2), "linear", 1.0)]
        optimizer = na.AdamW(weight_decay=0.1)
        net = twin(layers, LOSS, inputs=inputs, batch_size=BATCH, alpha=0.1, optimizer=optimizer)
        random = np.random.RandomState(number)
        order = core.Order(rows_of(number), random._bit_generator)
        members.append(Member(net._learner.ready(random), order, 0.01))
        known.append((net, inputs, layers, ref.Optimizer("adamw", 0.01, weight_decay=0.1)))
    together = Together(members, Data(x, t, weight), COURSE, 2)
    for epoch in range(3):
        losses = together.run(epoch)
        for one, loss, (_, inputs, layers, optimizer) in zip(members, losses, known, strict=True):
            order, shares = one.order.numbers[: one.steps * BATCH], np.transpose(COURSE.shares(epoch, one.steps))
            terms = {"sample_weight": weight, "alpha": 0.1, "schedule": shares, "inputs": inputs}
            assert loss == pytest.approx(ref.epoch(layers, LOSS, optimizer, x, t, order, BATCH, **terms), rel=1e-9)
    for net, inputs, layers, _ in known:
        np.testing.assert_allclose(net.weights[0], layers[0].weights, rtol=1e-9, atol=1e-9)
        for actual, each in zip(net.input_parameters, inputs, strict=True):
            for name, array in learned_of(each).items():
                np.testing.assert_allclose(actual[name], array, rtol=1e-9, atol=1e-9, err_msg=name)


LOSS = ref.Loss("squared_error")


# ---- failures ----------------------------------------------------------------------------------


class Failing:
    """A loss that raises when it is asked for the n-th time."""

    def __init__(self, error, n):
        self.error, self.left = error, n

    def __call__(self, y_true, y_pred):
        self.left -= 1
        if self.left == 0:
            raise self.error
        r = y_pred - y_true
        return (r * r).sum(axis=1) / 2, r


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ArithmeticError("of the loss")], ids=repr)
def test_an_exception_undoes_all(data, error):
    """In the second epoch of the third member."""
    loss = Failing(error, 5 + 3)
    members = [member(n, data) if n != 2 else member(n, data, loss=loss) for n in (0, 1, 2, 3)]
    together = Together(members, data, COURSE, 2)
    assert None not in together.run(0)
    before = [parameters(one) for one in members]
    with pytest.raises(type(error)):
        together.run(1)
    assert_same_bits([parameters(one) for one in members], before)
    assert [one.session.trainer.steps for one in members] == [0] * 4  # the optimizer restarts
    assert None not in together.run(1)  # it can go on
    assert (parameters(members[0]) != before[0]).any()


@pytest.fixture
def interruptible():
    """Python's answer to Ctrl-C, which a job in the background of a shell has not."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_undoes_all(rng):
    """A signal that arrives in the middle, between two slices."""
    data = Data(rng.normal(size=(20_000, COLUMNS)), rng.normal(size=(20_000, 1)), None)
    order = core.Order(20_000, np.random.RandomState(0)._bit_generator)
    members = [Member(member(n, data).session, order, 0.01) for n in (1, 4)]
    together, before = Together(members, data, COURSE, 2), []

    def train():
        while True:
            before[:] = [parameters(one) for one in members]
            together.run(0)

    timer = threading.Timer(0.2, _thread.interrupt_main)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        train()
    timer.join()
    assert_same_bits([parameters(one) for one in members], before)


@pytest.mark.parametrize("one", [1, 4])
def test_one_that_diverges_gives_none_and_the_others_go_on(data, alone, one):
    """Member 4 makes a single step an epoch, whose result no loss sees."""
    members = [member(number, data) for number in range(5)]
    members[one] = Member(members[one].session, members[one].order, np.inf)
    start, together = parameters(members[one]), Together(members, data, COURSE, 2)
    losses = [together.run(epoch) for epoch in range(3)]
    assert [each[one] for each in losses] == [None] * 3
    assert_same_bits([parameters(members[one])], [start])
    for number in {0, 1, 2, 3, 4} - {one}:
        assert tuple(each[number] for each in losses) == alone[number][0]
        assert_same_bits([parameters(members[number])], [alone[number][1]])


def test_a_trainer_at_work_is_refused(data):
    def at_work(y_true, y_pred):
        with pytest.raises(RuntimeError, match="trained by another thread"):
            core.Members([one.session.trainer]).run(*of, [one.order], [0.1], [None], 1)
        return Failing(None, 0)(y_true, y_pred)

    one, of = member(0, data, loss=at_work), (ROWS, data.x, data.targets, data.sample_weight)
    assert None not in Together([one, member(1, data)], data, COURSE, 2).run(0)
    one.session.trainer.run(*of, None, 0.1, [])  # it was given back


# ---- the core's arguments ----------------------------------------------------------------------


def test_an_order_of_row_numbers():
    random, rows = np.random.RandomState(3), rows_of(2)
    order, expected = core.Order(rows, random._bit_generator), rows.astype(np.uint32)
    assert order.rows == len(rows)
    order.numbers[:] = 0  # a copy
    assert_same_bits([order.numbers], [expected])
    order.shuffle()
    np.random.RandomState(3).shuffle(expected)
    assert_same_bits([order.numbers], [expected])


@pytest.mark.parametrize("rows", [[0, 1, 1], [-1, 0], [0, 2**32], [3, 2**32 + 3], [5, 5], []], ids=["twice", *"abcde"])
def test_an_order_without_duplicates_and_within_range(rows):
    with pytest.raises(ValueError, match=r"each row may occur once|rows must be from 1"):
        core.Order(np.array(rows, dtype=np.int64), np.random.RandomState(0)._bit_generator)


def test_an_order_beyond_the_data_is_refused(data):
    one = member(0, data)
    order = core.Order(np.array([4, ROWS]), np.random.RandomState(0)._bit_generator)
    of = (ROWS, data.x, data.targets, data.sample_weight)
    with pytest.raises(ValueError, match=f"the order has row {ROWS}, the data {ROWS} rows"):
        core.Members([one.session.trainer]).run(*of, [order], [0.1], [None], 1)


def test_members_that_do_not_fit_together(data):
    one, other = member(0, data), member(0, data, dtype="float32")
    wide = Data(np.hstack([data.x, data.x]), data.targets, None)
    for trainers, words in (
        ([], "the number of members must be from 1"),
        ([one.session.trainer] * 2, "a network of its own"),
        ([one.session.trainer, other.session.trainer], "one dtype"),
        ([one.session.trainer] * 1025, "the number of members must be from 1 to 1024"),
    ):
        with pytest.raises(ValueError, match=words):
            core.Members(trainers)
    plain = member(1, wide, inputs=None)
    with pytest.raises(ValueError, match="the same X and y"):
        Together([one, plain], data, COURSE, 1).run(0)


def test_what_a_run_refuses(data):
    members = core.Members([member(n, data).session.trainer for n in (0, 1)])
    orders = [member(n, data).order for n in (0, 1)]
    of, shares = (ROWS, data.x, data.targets, data.sample_weight), [None, None]
    for wrong in (
        ([orders[0]], [0.1, 0.1], shares, 1),
        (orders, [0.1], shares, 1),
        (orders, [0.1, 0.1], [None], 1),
        (orders, [0.1, 0.1], [None, (np.ones(3), np.ones(4))], 1),  # of the four steps
        (orders, [0.1, 0.1], shares, 0),
    ):
        with pytest.raises(ValueError, match=r"argument|expected 4 numbers|n_threads"):
            members.run(*of, *wrong)
    assert None not in members.run(*of, orders, [0.1, 0.1], shares, 1)


# ---- asking ------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_threads", [1, 3])
def test_an_ensemble_predicts_what_each_network_does(rng, data, n_threads):
    nets = [member(number, data).session.parameters for number in range(5)]
    x = rng.normal(size=(3000, COLUMNS))
    for counts in ([0, 1, 3000, 3, 17], [2, 0, 0, 0, 0], [2500] * 5, [0] * 5):
        y = [np.full((n, 1), np.nan) for n in counts]
        core.Ensemble([net.core for net in nets]).predict(counts, [x[:n] for n in counts], y, n_threads)
        assert_same_bits(y, [net.predict(x[:n], 1) for net, n in zip(nets, counts, strict=True)])


def test_an_ensemble_refuses_what_does_not_fit(data):
    nets = [member(number, data).session.parameters.core for number in (0, 1)]
    x, y = [data.x] * 2, [np.empty((ROWS, 1)) for _ in range(2)]
    other = member(0, data, dtype="float32").session.parameters.core
    for networks in ([], [nets[0], other]):
        with pytest.raises(ValueError, match=r"the number of networks|one dtype"):
            core.Ensemble(networks)
    ensemble, locked = core.Ensemble(nets), np.empty((ROWS, 1))
    locked.flags.writeable = False
    for rows, of_x, of_y in (
        ([ROWS], x, y),
        ([ROWS, ROWS + 1], x, y),
        ([ROWS, ROWS], x, [y[0], np.empty((ROWS - 1, 1))]),
        ([ROWS, ROWS], x, [y[0], locked]),
        ([ROWS, -1], x, y),
    ):
        with pytest.raises((ValueError, BufferError)):
            ensemble.predict(rows, of_x, of_y, 1)


def test_parameters_are_copied_out_and_in(data):
    nets = [member(number, data).session.parameters for number in (0, 0, 1)]
    flat = np.empty(nets[0].core.size)
    nets[0].set({"weights": [w + 1 for w in nets[0].part("weights")]})
    nets[0].core.copy_out(flat)
    nets[1].core.copy_in(flat)
    assert_same_bits(nets[1].part("weights"), nets[0].part("weights"))
    for wrong in (np.empty(flat.size + 1), flat.astype(np.float32)):
        for copy in (nets[0].core.copy_out, nets[0].core.copy_in):
            with pytest.raises(ValueError, match="expected"):
                copy(wrong)


def test_kept_parameters_and_outputs_of_held_out_rows(data):
    """Two members leave out the first rows, one the last; nobody the others."""
    members = [member(number, data) for number in (0, 1, 2)]
    first, last = np.arange(20), np.arange(70, 90)
    held_out, together = HeldOut(members, data.x, [first, last, first], 2), Together(members, data, COURSE, 2)
    together.keep()
    before = [y.copy() for y in held_out.outputs()]
    together.run(0)
    after = held_out.outputs()
    assert all((y != then).all() for y, then in zip(after, before, strict=True))
    mean = held_out.mean(after)
    np.testing.assert_array_equal(mean[:20], (after[0] + after[2]) / 2)
    np.testing.assert_array_equal(mean[70:], after[1])
    assert np.isnan(mean[20:70]).all()
    together.restore()
    assert_same_bits(held_out.outputs(), before)


def test_the_members_of_a_model(rng, data):
    """Their weighted mean by NumPy's sums; within bounds; by fold, of those that have not seen it."""
    nets = [na.Network([na.Dense(4), na.Dense(2)], random_state=n, epochs=1) for n in range(3)]
    nets = tuple(net.fit(data.x, np.hstack([data.targets, -data.targets])) for net in nets)
    x = np.float32(rng.normal(size=(30, COLUMNS)))
    weights, bounds = np.array([0.5, 0.2, 0.3]), np.float32([[-0.1, -0.2], [0.15, 0.05]])
    members = Members(nets, weights, (0, 1, 0), bounds)
    each = members.each(x, 2)
    assert_same_bits(each, [net.predict(x) for net in nets])
    held = [np.clip(y, *bounds).astype(float) for y in each]
    expected = np.float32(sum(w * y for w, y in zip(weights, held, strict=True)))
    assert_same_bits([members.predict(x, 1), members.combined(each)], [expected] * 2)
    folds = [(0.5 / 0.8 * held[0] + 0.3 / 0.8 * held[2]), held[1]]
    np.testing.assert_allclose(members.by_fold(each), folds, rtol=1e-6)
    assert (len(members), members.folds) == (3, 2)
    for start in (0, 29, 30):
        assert_same_bits([members.predict(x[start:], 1)], [expected[start:]])


def test_a_network_is_its_only_member(data):
    net = na.Network([na.Dense(4), na.Dense(1)], random_state=0, epochs=1).fit(data.x, data.targets)
    members, x = net._members(), np.float32(data.x)
    assert members.networks == (net,)
    assert (len(members), members.folds) == (1, 1)
    assert_same_bits([members.predict(x, 1), members.combined(members.each(x, 1))], [net.predict(x)] * 2)
