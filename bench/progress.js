/** One line at the terminal: what runs, and about how much is left. Silent where there is no terminal. */

const REFRESH_MS = 1_000;

/** `plan`: [workload, seconds that it takes about] in their order. */
export function createProgress(plan, stream = process.stderr) {
  const started = Date.now();
  let current = -1;
  let began = started;
  let text = '';
  /** How the machine compares with the one that the plan was made on. */
  let plannedSoFar = 0;
  const timer = stream.isTTY ? setInterval(show, REFRESH_MS) : undefined;
  timer?.unref();

  function secondsLeft() {
    const [, planned] = plan[current];
    const spent = (began - started) / 1000;
    const pace = plannedSoFar > 0 ? spent / plannedSoFar : 1;
    const later = plan.slice(current + 1).reduce((sum, [, seconds]) => sum + seconds, 0);
    const here = Math.max(0, planned * pace - (Date.now() - began) / 1000);
    return here + later * pace;
  }

  function show() {
    if (!stream.isTTY || current < 0) return;
    const [name] = plan[current];
    const left = `${current + 1} of ${plan.length}, about ${formatLeft(secondsLeft())} left`;
    const line = `[${left}] ${name}: ${text}`;
    stream.write(`\r\x1b[K${line.slice(0, (stream.columns || 80) - 1)}`);
  }

  return {
    next(name) {
      if (current >= 0) plannedSoFar += plan[current][1];
      current = plan.findIndex(([planned]) => planned === name);
      began = Date.now();
      text = 'begins';
      show();
    },
    say(told) {
      text = told;
      show();
    },
    /** Makes room for other output. */
    clear() {
      if (stream.isTTY) stream.write('\r\x1b[K');
    },
    end() {
      clearInterval(timer);
      this.clear();
    },
  };
}

function formatLeft(seconds) {
  if (seconds < 90) return `${Math.max(5, Math.ceil(seconds / 5) * 5)} s`;
  return `${Math.round(seconds / 60)} min`;
}
