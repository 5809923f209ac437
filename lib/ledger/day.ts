/** UTC days as texts, `2026-11-30`, and as counts from 1970 on, so that the days between two are a difference. */
export const DAY_MS = 86_400_000;

export function serialOf(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) / DAY_MS;
}

export function dayOf(serial: number): string {
  return new Date(serial * DAY_MS).toISOString().slice(0, 10);
}
