/** Values that are as a JSON schema says. */
import type { Schema } from "../../../tools/generate-frames.ts";

export type { Schema };

export function sampler(schemas: Record<string, Schema>) {
  function resolved(schema: Schema): Schema {
    const name = schema.$ref?.split("/").at(-1);
    const { allOf, ...own } = name === undefined ? schema : (schemas[name] ?? {});
    return (allOf ?? []).map(resolved).reduce(
      (one, other) => ({
        ...one,
        ...other,
        properties: { ...one.properties, ...other.properties },
        required: [...(one.required ?? []), ...(other.required ?? [])],
      }),
      own,
    );
  }

  /** Something that is as a schema says; with all that it may have, or with what it must. */
  function sample(of: Schema, isWhole: boolean): unknown {
    const schema = resolved(of);
    const [first] = schema.oneOf ?? [];
    if (first) return sample(first, isWhole);
    if (schema.enum) return schema.enum[0];
    const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
    if (type === "integer") return 7;
    if (type === "boolean") return true;
    if (type === "string") return schema.format === "date-time" ? "2026-11-22T07:52:39.721846Z" : "text";
    if (type === "array") {
      const each = schema.items?.$ref?.endsWith("/Change") ? resolved(schema.items).oneOf : [schema.items ?? {}];
      return (each ?? []).map((item) => sample(item, isWhole));
    }
    const fields = Object.entries(schema.properties ?? {});
    const wanted = fields.filter(([name]) => isWhole || schema.required?.includes(name));
    return Object.fromEntries(wanted.map(([name, inner]) => [name, sample(inner, isWhole)]));
  }

  return { resolved, sample };
}
