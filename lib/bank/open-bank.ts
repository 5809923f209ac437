import type { Bank, InitOptions, OpenBankOptions } from './api.js';

export async function openBank(_directory: string, _options: OpenBankOptions = {}): Promise<Bank> {
  throw new Error('not yet');
}

export async function initBank(
  _directory: string,
  _options: InitOptions = {},
): Promise<{ directory: string; id: string; currency: string; shared: boolean }> {
  throw new Error('not yet');
}
