// Times: local for the eye, UTC for hovering.

/** `14:02:11`, local. */
export function clockTime(at: number): string {
  return new Date(at).toTimeString().slice(0, 8);
}

/** `21 Nov`, local. */
export function day(at: number): string {
  const [, month, date] = new Date(at).toDateString().split(" ");
  return `${Number(date)} ${month}`;
}

/** The time alone if it is today's, else with its day. */
export function moment(at: number, now = Date.now()): string {
  const isToday = new Date(at).toDateString() === new Date(now).toDateString();
  return isToday ? clockTime(at) : `${day(at)} ${clockTime(at).slice(0, 5)}`;
}

/** `2026-11-21 14:02:11 UTC`. */
export function utc(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
