# SPDX-License-Identifier: BSD-3-Clause
"""The CPU quota of control groups, read from file trees like Linux's."""

import pytest

from neuract.threading._control_groups import cpu_limit

V1, V2 = "sys/fs/cgroup/cpu", "sys/fs/cgroup"


def v1(folder, quota, period=100_000):
    return {f"{folder}/cpu.cfs_quota_us": f"{quota}\n", f"{folder}/cpu.cfs_period_us": f"{period}\n"}


def v2(folder, quota, period=100_000):
    return {f"{folder}/cpu.max": f"{quota} {period}\n"}


# The groups of the process, the files, and the number of processors by quota.
TREES = {
    "no groups": (None, {}, None),
    "no quota": ("0::/\n", v2(V2, "max"), None),
    "container": ("0::/\n", v2(V2, 200_000), 2),
    "a part of a processor counts as one": ("0::/\n", v2(V2, 250_000), 3),
    "less than one": ("0::/\n", v2(V2, 1_000), 1),
    "another period": ("0::/\n", v2(V2, 100_000, 50_000), 2),
    "service": ("0::/a.slice/b.service\n", v2(f"{V2}/a.slice/b.service", 400_000), 4),
    "quota of the slice": ("0::/a.slice/b.service\n", v2(f"{V2}/a.slice", 300_000), 3),
    "the smallest of all": (
        "0::/a/b/c\n",
        v2(f"{V2}/a", 500_000) | v2(f"{V2}/a/b", 200_000) | v2(f"{V2}/a/b/c", 800_000),
        2,
    ),
    "not its own": ("0::/a\n", v2(f"{V2}/b", 100_000), None),
    "path with colons": ("0::/pod:1:x\n", v2(f"{V2}/pod:1:x", 100_000), 1),
    "beside version 1": ("4:cpu:/\n0::/a\n", v2(f"{V2}/unified/a", 200_000) | v1(V1, -1), 2),
    "version 1": ("5:memory:/x\n4:cpu:/a\n", v1(f"{V1}/a", 150_000), 2),
    "version 1, no quota": ("4:cpu:/a\n", v1(f"{V1}/a", -1), None),
    "version 1, seen from inside": ("4:cpu,cpuacct:/docker/0ab1\n", v1(V1, 300_000), 3),
    "version 1, joint controllers": ("4:cpu,cpuacct:/a\n", v1(f"{V1},cpuacct/a", 300_000), 3),
    "another controller's": ("4:cpuset:/a\n", v1(f"{V1}/a", 100_000), None),
    "no period": ("4:cpu:/\n", {f"{V1}/cpu.cfs_quota_us": "100000\n"}, None),
    "period of zero": ("0::/\n", v2(V2, 100_000, 0), None),
    "nonsense": ("cpu\n", v2(V2, 100_000), None),
    "nonsense in the file": ("0::/\n", {f"{V2}/cpu.max": "much\n"}, None),
}


@pytest.mark.parametrize(("groups", "files", "expected"), TREES.values(), ids=TREES)
def test_quota(groups, files, expected, tmp_path):
    if groups is not None:
        files = files | {"proc/self/cgroup": groups}
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert cpu_limit(tmp_path) == expected
