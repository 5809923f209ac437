/**
 * Who owns a desk or waits with a ticket, as it stands in a file name:
 * `<number>-<boot>-<pid namespace>-<pid>-<start time>-<random>`, where the number is an epoch or a
 * place in the queue. Names never come back.
 */
export interface Owner {
  readonly number: number;
  /** Boot id of the machine's kernel, hex. */
  readonly boot: string;
  readonly pidNamespace: string;
  readonly pid: number;
  /** Start time of the process, in the kernel's ticks: a pid may be given out again. */
  readonly started: string;
  /** Under which lock a desk was taken; for a ticket just a random text. */
  readonly random: string;
}

export function formatOwner(owner: Owner): string {
  const { number, boot, pidNamespace, pid, started, random } = owner;
  return `${number}-${boot}-${pidNamespace}-${pid}-${started}-${random}`;
}

export function parseOwner(name: string): Owner | undefined {
  const match = /^([0-9]{1,15})-([0-9a-z]+)-([0-9]+)-([0-9]+)-([0-9]+)-([0-9a-z]+)$/.exec(name);
  if (!match) return undefined;
  const [, number = '', boot = '', pidNamespace = '', pid = '', started = '', random = ''] = match;
  const owner = { number: Number(number), boot, pidNamespace, pid: Number(pid), started, random };
  return formatOwner(owner) === name ? owner : undefined;
}
