/* SPDX-License-Identifier: BSD-3-Clause */
/* What the theme leaves out: parts that scroll can be focused, landmarks have names, short words of code are whole. */

const SCROLLED = "pre, .table-wrapper, figure.picture";

/* What scrolls sideways is reached by Tab and scrolled by the arrow keys. */
function letScrolledBeFocused() {
  for (const part of document.querySelectorAll(SCROLLED)) {
    if (part.scrollWidth > part.clientWidth) {
      part.tabIndex = 0;
    } else {
      part.removeAttribute("tabindex");
    }
  }
}

/* The corner of a table whose first column needs no heading. */
for (const head of document.querySelectorAll("th")) {
  if (!head.textContent.trim()) head.role = "presentation";
}

/* A short word of code is not broken behind its hyphens; a longer one may have to be, on a phone. */
for (const word of document.querySelectorAll("code.literal .pre")) {
  word.classList.toggle("whole", word.textContent.length <= 24);
}

document.querySelector(".sidebar-drawer").ariaLabel = "Pages";
document.querySelector(".toc-drawer")?.setAttribute("aria-label", "On this page");
letScrolledBeFocused();
addEventListener("load", letScrolledBeFocused); // pictures have come
addEventListener("resize", letScrolledBeFocused);
