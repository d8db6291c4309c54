"""One side of a comparison: a process that does its job once for each time it is asked."""

import json
import os
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")
CLEARED = ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "GRAFT_ISA"]


class Worker:
    """A process that answers each `run` with what the run took."""

    def __init__(self, arguments):
        self.process = subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=clean_environment())
        self.answer()

    def run(self):
        """Asks for a run; its wall and processor seconds, peak memory, facts."""
        return self.ask("run")

    def cpu_seconds(self):
        """The processor seconds of all its threads so far, those between runs included."""
        try:
            with open(f"/proc/{self.process.pid}/stat") as stat:
                return sum(map(int, stat.read().rsplit(")", 1)[1].split()[11:13])) / TICKS
        except OSError:
            return 0

    def save(self, path):
        """Asks for the results of the last run as a file."""
        return self.ask(f"save {path}")

    def ask(self, line):
        """Writes a line and reads the answer."""
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.answer()

    def answer(self):
        """The next answer; a process that has ended gives its reason."""
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        _, error = self.process.communicate()
        raise WorkerError(f"{' '.join(self.process.args[:4])}: {error.strip()[-400:]}")

    def close(self):
        """Ends the process."""
        if self.process.poll() is None:
            self.process.communicate()


class Program:
    """A whole process, started anew for each run: its time from start to end."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.spent = 0

    def run(self):
        """Runs the process; its wall and processor seconds and peak memory."""
        start = time.perf_counter()
        process = subprocess.Popen(
            self.arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=clean_environment())
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = status
        if status != 0:
            raise WorkerError(f"{' '.join(self.arguments[:4])} ended with status {status}")
        cpu = usage.ru_utime + usage.ru_stime
        self.spent += cpu
        return {"wall": wall, "cpu": cpu, "peak": usage.ru_maxrss * 1024}

    def cpu_seconds(self):
        """The processor seconds of all runs so far."""
        return self.spent

    def close(self):
        """Nothing is left to end."""


class WorkerError(Exception):
    """A side that cannot do its job."""


def clean_environment():
    """The environment without what would tell libraries how to work."""
    return {name: value for name, value in os.environ.items() if name not in CLEARED}


def machine_seconds():
    """The processor seconds that everything on the machine has taken, those stolen from it included."""
    try:
        with open("/proc/stat") as stat:
            user, nice, system, _, _, irq, soft, steal = map(int, stat.readline().split()[1:9])
        return (user + nice + system + irq + soft + steal) / TICKS
    except OSError:
        return None
