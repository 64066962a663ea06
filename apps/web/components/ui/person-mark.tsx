/** A person as initials. For readers it is the name, or nothing where the name stands beside it. */
import { initials } from "../../lib/format/initials.ts";

interface PersonMarkProps {
  name: string;
  size?: number;
  /** The name stands beside it in words. */
  isDecorative?: boolean;
}

export function PersonMark({ name, size = 20, isDecorative = false }: PersonMarkProps) {
  return (
    <span
      {...(isDecorative ? { "aria-hidden": true } : { role: "img", "aria-label": name, title: name })}
      style={{ width: size, height: size, fontSize: Math.round(size * 0.45) }}
      className="inline-flex shrink-0 items-center justify-center rounded-full bg-accent-wash font-semibold text-ink"
    >
      {initials(name)}
    </span>
  );
}
