// How wide an element is, followed by one observer for all.
import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

const followers = new WeakMap<Element, (width: number) => void>();
const observer = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) followers.get(target)?.(contentRect.width);
});

/** The width in whole pixels; 0 before it is known. */
export function useWidth(element: RefObject<Element | null>): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const target = element.current;
    if (!target) return undefined;
    setWidth(Math.floor(target.getBoundingClientRect().width));
    followers.set(target, (wide) => setWidth(Math.floor(wide)));
    observer.observe(target);
    return () => observer.unobserve(target);
  }, []);
  return width;
}
