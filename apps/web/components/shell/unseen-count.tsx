/** How many notifications nobody has looked at, beside the way to them. */
export function UnseenCount({ value }: { value: number }) {
  return (
    <span className="min-w-4.5 rounded-full bg-accent px-1 text-center text-2xs font-semibold text-accent-ink">
      {value > 99 ? "99+" : value}
      <span className="sr-only"> unseen</span>
    </span>
  );
}
