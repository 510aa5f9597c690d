// Shows /api/openapi.json: addresses by resource, what they take and what they answer. Texts are set as texts, never as markup.

const make = (name, text, attributes = {}) => {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
};

const resolve = (spec, schema) => {
  const reference = schema?.$ref;
  return reference ? spec.components.schemas[reference.split("/").pop()] : schema;
};

/** The type of a schema in a word or two. */
const typeOf = (spec, schema) => {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.oneOf) return schema.oneOf.map((one) => typeOf(spec, one)).join(" or ");
  const type = [schema.type].flat().filter((one) => one !== undefined).join(" or ");
  return type.includes("array") ? `list of ${typeOf(spec, schema.items)}` : type;
};

const table = (head, rows) => {
  const element = make("table");
  const line = element.createTHead().insertRow();
  for (const text of head) line.append(make("th", text));
  const body = element.createTBody();
  for (const cells of rows) {
    const row = body.insertRow();
    for (const text of cells) row.append(make("td", text ?? ""));
  }
  return element;
};

const fields = (spec, schema) => {
  const whole = resolve(spec, schema);
  if (!whole?.properties) return null;
  const needed = whole.required ?? [];
  return table(["Field", "Type", ""], Object.entries(whole.properties).map(([name, field]) => [
    name, typeOf(spec, field) + (needed.includes(name) ? ", always" : ""), resolve(spec, field)?.description ?? field.description,
  ]));
};

const example = (spec, schema) => {
  const whole = resolve(spec, schema);
  const entries = Object.entries(whole?.properties ?? {}).filter(([, field]) => field.example !== undefined);
  return entries.length ? Object.fromEntries(entries.map(([name, field]) => [name, field.example])) : null;
};

const operation = (spec, path, method, about) => {
  const element = make("article", undefined, { id: about.operationId });
  const title = make("h3");
  title.append(make("span", method.toUpperCase(), { class: "method" }), ` ${path}`);
  element.append(title, make("p", [about.summary, about.description].filter(Boolean).join(" ")));
  const scopes = about.security?.[0]?.token ?? [];
  element.append(make("p", scopes.length ? `Scope: ${scopes.join(", ")}` : "Any token", { class: "scope" }));
  if (about.parameters?.length) {
    element.append(make("h4", "Parameters"), table(["Name", "In", ""],
      about.parameters.map((one) => [one.name, one.in, one.description])));
  }
  const body = about.requestBody?.content?.["application/json"]?.schema;
  if (body) {
    element.append(make("h4", `Body: ${typeOf(spec, body)}`));
    const shape = fields(spec, body);
    if (shape) element.append(shape);
    const sample = example(spec, body);
    if (sample) element.append(make("pre", JSON.stringify(sample, null, 2)));
  }
  element.append(make("h4", "Answers"), table(["Status", "Type", ""], Object.entries(about.responses).map(([status, answer]) => {
    const content = Object.entries(answer.content ?? {})[0];
    return [status, content ? `${typeOf(spec, content[1].schema)} (${content[0]})` : "", answer.description];
  })));
  return element;
};

const show = (spec) => {
  document.getElementById("title").textContent = spec.info.title;
  document.getElementById("about").textContent = spec.info.description ?? "";
  const [main, contents] = [document.getElementById("operations"), make("ul")];
  main.replaceChildren();
  const groups = new Map();
  for (const [path, methods] of Object.entries(spec.paths)) {
    for (const [method, about] of Object.entries(methods)) {
      const tag = about.tags?.[0] ?? "";
      groups.set(tag, [...(groups.get(tag) ?? []), [path, method, about]]);
    }
  }
  for (const [tag, operations] of groups) {
    const link = make("a", tag, { href: `#${tag}` });
    const item = make("li");
    item.append(link);
    contents.append(item);
    main.append(make("h2", tag, { id: tag }), ...operations.map(([path, method, about]) => operation(spec, path, method, about)));
  }
  main.append(make("h2", "types", { id: "types" }));
  for (const name of Object.keys(spec.components.schemas).sort()) {
    const shape = fields(spec, spec.components.schemas[name]);
    if (!shape) continue;
    const element = make("article", undefined, { id: `type-${name}` });
    element.append(make("h3", name), make("p", spec.components.schemas[name].description ?? ""), shape);
    main.append(element);
  }
  document.getElementById("contents").replaceChildren(contents);
};

try {
  const answer = await fetch("/api/openapi.json");
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  show(await answer.json());
} catch (error) {
  document.getElementById("operations").replaceChildren(make("p", `The document could not be read (${error.message}). Load the page again.`));
}
