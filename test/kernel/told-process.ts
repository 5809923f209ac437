import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { programOf } from './branch.js';

/** What test/programs/told-what-to-do.js answers. */
export interface Answer {
  readonly booked?: number;
  readonly code?: string;
  readonly message?: string;
  readonly hint?: string;
  readonly committed?: unknown;
  readonly retryable?: boolean;
  readonly amount?: string;
  readonly sums?: readonly string[];
}

export interface ToldOptions {
  /** Shell commands that come before it, for its limits. */
  readonly limits?: string;
  readonly user?: number;
  /** The program, where the user may not read the tests' own. */
  readonly program?: string;
}

/** A process with a bank open that does what the test says. */
export class ToldProcess {
  /** How many deposits of 1.00 it was answered for. */
  booked = 0;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(directory: string, id: string, options: ToldOptions = {}) {
    const { limits = ':', user, program = programOf('told-what-to-do.js') } = options;
    const command = [`${limits}; exec "$@"`, 'bash', process.execPath, program, directory, id];
    this.#child = spawn('bash', ['-c', ...command], {
      stdio: ['pipe', 'pipe', 'inherit'],
      cwd: '/',
      ...(user === undefined ? {} : { uid: user, gid: user }),
    });
    const input = this.#child.stdout;
    if (!input) throw new Error('no output');
    this.#lines = createInterface({ input })[Symbol.asyncIterator]();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  async tell(line: string): Promise<Answer> {
    this.#child.stdin?.write(`${line}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`it ended at ${line}`);
    const answer: Answer = JSON.parse(value);
    this.booked += answer.booked ?? 0;
    return answer;
  }

  /** kill -9, if it still lives. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
