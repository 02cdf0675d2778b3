/* system_windows.c: see system.h. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "system.h"

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <malloc.h>
#include <process.h>

_Static_assert(sizeof(na_mutex) == sizeof(SRWLOCK), "a mutex is an SRWLOCK");
_Static_assert(sizeof(na_condition) == sizeof(CONDITION_VARIABLE), "a condition is a CONDITION_VARIABLE");

void na_lock(na_mutex *mutex) { AcquireSRWLockExclusive((SRWLOCK *)mutex); }
bool na_try_lock(na_mutex *mutex) { return TryAcquireSRWLockExclusive((SRWLOCK *)mutex); }
void na_unlock(na_mutex *mutex) { ReleaseSRWLockExclusive((SRWLOCK *)mutex); }

void na_wait(na_condition *condition, na_mutex *mutex)
{
    SleepConditionVariableSRW((CONDITION_VARIABLE *)condition, (SRWLOCK *)mutex, INFINITE, 0);
}

void na_wake_one(na_condition *condition) { WakeConditionVariable((CONDITION_VARIABLE *)condition); }
void na_wake_all(na_condition *condition) { WakeAllConditionVariable((CONDITION_VARIABLE *)condition); }

bool na_start_thread(na_thread_result (*run)(void *), void *argument)
{
    HANDLE thread = (HANDLE)_beginthreadex(NULL, 0, run, argument, 0, NULL);
    if (!thread) return false;
    CloseHandle(thread);
    return true;
}

void na_yield(void) { SwitchToThread(); }

void na_after_fork(void (*in_child)(void)) {}

double na_seconds(void)
{
    LARGE_INTEGER count, per_second;
    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&per_second);
    return (double)count.QuadPart / (double)per_second.QuadPart;
}

void *na_aligned_allocate(size_t alignment, size_t bytes) { return _aligned_malloc(bytes, alignment); }
void na_aligned_free(void *memory) { _aligned_free(memory); }

/* large pages need a privilege that users rarely have */
void na_ask_large_pages(void *memory, size_t bytes) {}
