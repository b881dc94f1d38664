// Child: fork and exec, as DaemonProcess and run_to_end() need them.
#pragma once

#include <sys/types.h>

#include "assent/result.h"
#include "assent/time.h"
#include "thrift/daemon/daemon_process.h"

namespace assent::daemon {

// The child's stdout and stderr, which it gets as its own; the caller closes them afterwards.
Result<pid_t> spawn(const Launch& launch, int out, int err);

// Its exit code, or minus the signal; kUnavailable if it still runs after so long.
Result<int> wait_for(pid_t process, Duration patience);

// SIGKILL, and its end.
void kill_and_wait(pid_t process);

}  // namespace assent::daemon
