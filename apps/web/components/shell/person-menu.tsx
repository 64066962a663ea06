"use client";
/** Who is signed in, the theme of this browser, and the way out. */
import { Menu } from "@base-ui/react/menu";
import { trpc } from "@signalbox/react/signalbox-provider";
import { Check, LogOut } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { REFERENCE_PLACE } from "../../lib/places.ts";
import { preferenceCookie, readTheme, type Theme, THEME_COOKIE, THEMES } from "../../lib/preferences.ts";
import { PersonMark } from "../ui/person-mark.tsx";
import { MENU_ITEM } from "../ui/pick-menu.tsx";

const SIGN_OUT_FORM = "sign-out";
const THEME_NAMES: Record<Theme, string> = { system: "As the system", light: "Light", dark: "Dark" };

export function PersonMenu({ workspaceId, initialTheme }: { workspaceId: string; initialTheme: Theme }) {
  const me = trpc.workspace.get.useQuery({ workspaceId }).data?.me;
  const [theme, setTheme] = useState(initialTheme);

  const choose = (chosen: Theme) => {
    setTheme(chosen);
    document.cookie = preferenceCookie(THEME_COOKIE, chosen);
    document.documentElement.dataset["theme"] = chosen;
  };

  return (
    <>
      <Menu.Root modal={false}>
        <Menu.Trigger className="press px-1.5 hover:bg-hover data-popup-open:bg-hover">
          <span className="sr-only">You and your settings</span>
          <PersonMark name={me?.name ?? "You"} size={24} isDecorative />
        </Menu.Trigger>
        <Menu.Portal>
          <Menu.Positioner sideOffset={4} align="end" className="z-40 outline-none">
            <Menu.Popup className="popup w-60 p-1">
              <div className="px-2 py-1.5">
                <p className="truncate font-semibold">{me?.name}</p>
                <p className="truncate text-2xs text-faint">{me?.email}</p>
              </div>
              <Menu.Separator className="my-1 h-px bg-line" />
              <Menu.RadioGroup value={theme} onValueChange={(value) => choose(readTheme(String(value)))}>
                <Menu.Group>
                  <Menu.GroupLabel className="px-2 py-1 text-2xs font-medium text-faint">Theme</Menu.GroupLabel>
                  {THEMES.map((each) => (
                    <Menu.RadioItem key={each} value={each} className={MENU_ITEM}>
                      <span className="flex-1">{THEME_NAMES[each]}</span>
                      <Menu.RadioItemIndicator>
                        <Check aria-hidden size={14} />
                      </Menu.RadioItemIndicator>
                    </Menu.RadioItem>
                  ))}
                </Menu.Group>
              </Menu.RadioGroup>
              <Menu.Separator className="my-1 h-px bg-line" />
              <Menu.LinkItem className={MENU_ITEM} render={<Link href={REFERENCE_PLACE.href} prefetch={false} />}>
                <REFERENCE_PLACE.icon aria-hidden size={14} />
                {REFERENCE_PLACE.name}
              </Menu.LinkItem>
              <Menu.Item className={MENU_ITEM} onClick={() => signOutForm()?.requestSubmit()}>
                <LogOut aria-hidden size={14} />
                Sign out
              </Menu.Item>
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
      <form id={SIGN_OUT_FORM} method="post" action="/api/session/sign-out" className="contents">
        <noscript>
          <button type="submit" className="press border border-line-strong">
            Sign out
          </button>
        </noscript>
      </form>
    </>
  );
}

function signOutForm(): HTMLFormElement | null {
  const form = document.getElementById(SIGN_OUT_FORM);
  return form instanceof HTMLFormElement ? form : null;
}
