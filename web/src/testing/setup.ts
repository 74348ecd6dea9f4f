import { cleanup } from "@testing-library/react";
import { afterEach } from "vitest";

// jsdom draws nothing, so it lacks what the component kit asks about the screen.
window.matchMedia = (media) =>
  ({ matches: false, media, addEventListener: () => undefined, removeEventListener: () => undefined }) as unknown as MediaQueryList;
window.ResizeObserver = class {
  observe() {
    /* nothing ever changes its size */
  }
  unobserve() {
    /* nothing was observed */
  }
  disconnect() {
    /* nothing was observed */
  }
};

afterEach(cleanup);
