/** What a person prefers on this browser, kept in cookies so that the server renders it at once: the theme, the rail's width. */
export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export const THEME_COOKIE = "signalbox-theme";
export const RAIL_COOKIE = "signalbox-rail";

export function readTheme(value: string | undefined): Theme {
  return THEMES.find((theme) => theme === value) ?? "system";
}

/** The cookie's text, for `document.cookie`. Kept for a year, sent to this site alone. */
export function preferenceCookie(name: string, value: string): string {
  return `${name}=${value}; Path=/; Max-Age=31536000; SameSite=Lax`;
}
