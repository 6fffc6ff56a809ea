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

/** First row and the one after the last. */
export function useWindow(body: RefObject<HTMLElement | null>, length: number): [number, number] {
  const [first, setFirst] = useState(0);
  const [seen, setSeen] = useState(40);
  useLayoutEffect(() => {
    const around = scroller();
    if (!around) return undefined;
    let frame = 0;
    const look = (): void => {
      frame = 0;
      if (!body.current) return;
      const above = around.getBoundingClientRect().top - body.current.getBoundingClientRect().top;
      const at = Math.max(0, Math.floor(above / ROW) - BEYOND);
      setFirst(Math.floor(at / STEP) * STEP);
      setSeen(Math.ceil(around.clientHeight / ROW) + 2 * BEYOND + STEP);
    };
    const later = (): void => {
      frame ||= requestAnimationFrame(look);
    };
    look();
    around.addEventListener("scroll", later, { passive: true });
    addEventListener("resize", later);
    return () => {
      cancelAnimationFrame(frame);
      around.removeEventListener("scroll", later);
      removeEventListener("resize", later);
    };
  }, []);
  const from = Math.min(first, Math.max(0, length - seen));
  return [from, Math.min(length, from + seen)];
}
