// Text of strangers: names of servers, processes and tools may hold anything. Preact escapes markup; what has no
// shape of its own (controls) or changes the order of what stands beside it (bidirectional controls) is made visible.

const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;

/** The text with its hidden characters spelled out: `‹U+202E›`. */
export function visible(text: string): string {
  return text.replace(HIDDEN, (each) => {
    const code = each.codePointAt(0) ?? 0;
    return `‹U+${code.toString(16).toUpperCase().padStart(4, "0")}›`;
  });
}

/** `not_running` as people write it. */
export function words(name: string): string {
  return name.replaceAll("_", " ");
}

/** Its first letter large. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
