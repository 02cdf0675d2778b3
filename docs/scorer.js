/* SPDX-License-Identifier: BSD-3-Clause */
/* How the search ranks: as Sphinx does, but a page about a word comes before the methods and parameters of that name,
   and a page How to before others.
   A var, as in Sphinx's own script, which declares it again. */

var Scorer = {
  score: ([page, , , , score]) => (page.startsWith("howto/") ? score + 3 : score),
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 0, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
