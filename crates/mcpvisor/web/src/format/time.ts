// Times: local for the eye, UTC for hovering.

const pad = (value: number): string => String(value).padStart(2, "0");

/** `14:02:11`, local. */
export function clockTime(at: number): string {
  const date = new Date(at);
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

/** `21 Nov`, local. */
export function day(at: number): string {
  return new Date(at).toLocaleDateString("en-GB", { day: "numeric", month: "short" });
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
