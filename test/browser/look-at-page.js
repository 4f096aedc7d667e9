// Runs inside of a page, and gives a `Look`.
(() => {
  const channels = (color) => (color.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (color) => {
    const [red = 0, green = 0, blue = 0] = channels(color).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (element) => {
    const { backgroundColor } = getComputedStyle(element);
    const isClear = channels(backgroundColor)[3] === 0;
    return isClear && element.parentElement !== null ? behind(element.parentElement) : backgroundColor;
  };
  const hasText = (element) =>
    [...element.childNodes].some(({ nodeType, textContent }) => nodeType === 3 && textContent?.trim());
  const seen = [...document.querySelectorAll("main *")].filter(
    (element) => hasText(element) && element.checkVisibility(),
  );
  const texts = seen.map((element) => {
    const { color, fontWeight: weight } = getComputedStyle(element);
    const both = [luminance(color), luminance(behind(element))];
    const [dark, light] = [Math.min(...both), Math.max(...both)];
    return { text: element.textContent.trim(), weight, contrast: (light + 0.05) / (dark + 0.05) };
  });
  return {
    width: document.documentElement.scrollWidth,
    ground: getComputedStyle(document.body).backgroundColor,
    texts,
  };
})();
