// Which rows of a long list are in sight. Rows have one height, so it follows from how far the page is scrolled;
// a component renders again only when it has moved by several rows.
import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

/** The height of a row, as in the tokens. */
export const ROW = 32;
const BEYOND = 8;
const STEP = 6;

/** The element that scrolls: the whole view. */
export function scroller(): HTMLElement | null {
  return document.getElementById("main");
}

/** First row and the one after the last, none before it is known where they would be; and how many there can be at
 * once, so that a row which leaves at one end can be used again at the other. */
export function useWindow(body: RefObject<HTMLElement | null>, length: number): [number, number, number] {
  const [[first, end, slots], set] = useState<[number, number, number]>([0, 0, 1]);
  useLayoutEffect(() => {
    const around = scroller();
    if (!around) return undefined;
    let frame = 0;
    const look = (): void => {
      frame = 0;
      if (!body.current) return;
      const high = around.clientHeight / ROW;
      const above = (around.getBoundingClientRect().top - body.current.getBoundingClientRect().top) / ROW;
      const from = Math.max(0, Math.floor((above - BEYOND) / STEP) * STEP);
      const to = Math.max(STEP, Math.ceil((above + high + BEYOND) / STEP) * STEP);
      const most = Math.ceil(high) + 2 * (BEYOND + STEP);
      set((old) => old[0] === from && old[1] === to && old[2] === most ? old : [from, to, most]);
    };
    const later = (): void => {
      frame ||= requestAnimationFrame(look);
    };
    look();
    around.addEventListener("scroll", later, { passive: true });
    // What stands above may grow, and so may the window.
    const sizes = new ResizeObserver(later);
    for (const element of [around, around.firstElementChild]) if (element) sizes.observe(element);
    return () => {
      cancelAnimationFrame(frame);
      around.removeEventListener("scroll", later);
      sizes.disconnect();
    };
  }, []);
  const from = Math.min(first, Math.max(0, length - (end - first)));
  return [from, Math.min(length, from + end - first), slots];
}
