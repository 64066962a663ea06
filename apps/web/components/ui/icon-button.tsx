"use client";
/** A button that is an icon. Its label is read aloud and shown on hover and on focus. */
import { Tooltip } from "@base-ui/react/tooltip";
import type { ReactElement, ReactNode } from "react";

interface IconButtonProps {
  label: string;
  children: ReactNode;
  onClick?: () => void;
  disabled?: boolean;
  className?: string;
  /** Renders this element instead of a button, with the same look. */
  render?: ReactElement<Record<string, unknown>>;
}

export function IconButton({ label, children, onClick, disabled, className = "", render }: IconButtonProps) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger
        aria-label={label}
        disabled={disabled ?? false}
        onClick={onClick}
        className={`press relative px-2 text-soft hover:bg-hover hover:text-ink ${className}`}
        {...(render ? { render } : {})}
      >
        {children}
      </Tooltip.Trigger>
      <Tip>{label}</Tip>
    </Tooltip.Root>
  );
}

function Tip({ children }: { children: ReactNode }) {
  return (
    <Tooltip.Portal>
      <Tooltip.Positioner sideOffset={6}>
        <Tooltip.Popup className="popup px-2 py-1 text-2xs">{children}</Tooltip.Popup>
      </Tooltip.Positioner>
    </Tooltip.Portal>
  );
}
