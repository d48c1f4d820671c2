/** A text, or one for each plural form. `{name}` in it is a parameter. */
export type Wording = string | Partial<Record<Intl.LDMLPluralRule, string>>;
