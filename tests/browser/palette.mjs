import upng from "upng-js";

/** Enough for text, two themes' greys and a few accents. */
const COLOURS = 96;

/** A PNG with a palette: a screenshot of an interface loses nothing that an eye finds, and most of its size. */
export function withPalette(png) {
  const image = upng.decode(png);
  return Buffer.from(upng.encode(upng.toRGBA8(image), image.width, image.height, COLOURS));
}
