"""The kernel of a report: the Python that runs this, whatever kernels are installed."""

from __future__ import annotations

import os
import sys
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

_LONGEST_SOCKET = 90  # a path of a Unix socket has at most 107 characters; the kernel adds a few


class OwnKernelManager(AsyncKernelManager):  # type: ignore[misc,unused-ignore]
    """Starts kernels with the interpreter in use.

    A kernel that is called `python3` may belong to another environment, or not be installed at all. Sockets of
    the file system are used where they can be: two reports that start at the same time cannot get the same port.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        runtime = os.environ.get("JUPYTER_RUNTIME_DIR", "")
        if os.name == "posix" and 0 < len(runtime) < _LONGEST_SOCKET - 30:
            self.transport = "ipc"
            self.ip = os.path.join(runtime, "kernel")  # noqa: PTH118 - a trait that holds text

    @property
    def kernel_spec(self) -> KernelSpec:
        """How the kernel is started."""
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=command, display_name="Python 3", language="python", name="python3")
