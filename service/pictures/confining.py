"""What a process gives up for good before it touches what strangers sent."""

import ctypes
import os
import platform
import resource
import struct
import sys
from collections.abc import Iterator
from errno import EACCES, ENOSYS

NICER = 10  # People who wait for a page come first.
# What is left to it: to compute, to sleep, to end, and to read and write what it has open, its pipe.
# Everything else is refused, most of all what opens, asks after, changes or starts anything. By the numbers
# that Linux gives them on x86-64 and on ARM64.
ALLOWED = {
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "poll": (7, None),
    "ppoll": (271, 73),
    "mmap": (9, 222),
    "munmap": (11, 215),
    "mremap": (25, 216),
    "mprotect": (10, 226),
    "brk": (12, 214),
    "madvise": (28, 233),
    "membarrier": (324, 283),
    "futex": (202, 98),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "getcpu": (309, 168),
    "set_robust_list": (273, 99),
    "rseq": (334, 293),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "restart_syscall": (219, 128),
    "pause": (34, None),
    "setitimer": (38, 103),
    "clock_gettime": (228, 113),
    "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101),
    "gettimeofday": (96, 169),
    "getpid": (39, 172),
    "gettid": (186, 178),
    "getrusage": (98, 165),
    "sysinfo": (99, 179),
    "getrandom": (318, 278),
    "exit": (60, 93),
    "exit_group": (231, 94),
}
TGKILL, CLONE, CLONE3 = (234, 131), (56, 220), (435, 435)
A_THREAD = 0x10000  # CLONE_THREAD: no process of its own.
ARCHITECTURES = {"x86_64": (0xC000003E, 317), "aarch64": (0xC00000B7, 277)}  # And seccomp(2) there.
NO_NEW_PRIVILEGES = 38  # prctl(2)
SET_FILTER, ALL_THREADS = 1, 1
# Classic BPF: a word of the call, comparisons, a verdict.
LOAD, EQUAL, HAS, RETURN = 0x20, 0x15, 0x45, 0x06
ALLOW, DENY = 0x7FFF0000, 0x00050000
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = (
    0,
    4,
    16,
)  # Where they are in what the kernel shows of a call.

Step = tuple[
    int, int, int, int
]  # What is done, steps to skip if it holds and if it doesn't, a constant.


def confine(megabytes: int) -> bool:
    """No more memory than that, no core dump, no file written; and nothing that reaches out of the process,
    neither files nor network nor other processes, if the kernel can refuse that: whether it does. What is
    loaded only later is missing from then on."""
    os.nice(NICER)
    limit = megabytes * 1_000_000
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    return _by_itself()


def _by_itself() -> bool:
    """With seccomp, which needs no privilege and can't be undone."""
    if sys.platform != "linux" or platform.machine() not in ARCHITECTURES:
        return False
    at = list(ARCHITECTURES).index(platform.machine())
    architecture, seccomp = ARCHITECTURES[platform.machine()]
    steps = list(_filter(at, architecture))
    program = b"".join(struct.pack("=HBBI", *step) for step in steps)
    held = ctypes.create_string_buffer(program, len(program))
    told = struct.pack("@HP", len(steps), ctypes.addressof(held))
    libc, none = ctypes.CDLL(None, use_errno=True), ctypes.c_ulong(0)
    if libc.prctl(NO_NEW_PRIVILEGES, ctypes.c_ulong(1), none, none, none):
        return False
    flags = ctypes.c_ulong(ALL_THREADS)
    return not libc.syscall(ctypes.c_long(seccomp), ctypes.c_ulong(SET_FILTER), flags, told)


def _filter(at: int, architecture: int) -> Iterator[Step]:
    """Each call that is known has its verdict behind it, which the others skip; the last one is for all
    that aren't, those of another kind (x32) among them."""
    yield from ((LOAD, 0, 0, ARCHITECTURE), (EQUAL, 1, 0, architecture), _denied(EACCES))
    yield (LOAD, 0, 0, NUMBER)
    for numbers in ALLOWED.values():
        if (number := numbers[at]) is not None:
            yield from ((EQUAL, 0, 1, number), (RETURN, 0, 0, ALLOW))
    # A signal to itself alone, as it crashes; a thread, and no process; of the newer call the filter sees no
    # flags, and the C library takes the older one where there is none.
    for numbers, test in ((TGKILL, (EQUAL, 0, 1, os.getpid())), (CLONE, (HAS, 0, 1, A_THREAD))):
        yield from ((EQUAL, 0, 4, numbers[at]), (LOAD, 0, 0, FIRST_ARGUMENT), test)
        yield from ((RETURN, 0, 0, ALLOW), _denied(EACCES))
    yield from ((EQUAL, 0, 1, CLONE3[at]), _denied(ENOSYS), _denied(EACCES))


def _denied(error: int) -> Step:
    return (RETURN, 0, 0, DENY | error)
