"""A source file with its mutants, each behind its switch."""

import collections


class File:
    """A source file and its mutants, each at the node that it changes."""

    def __init__(self, parser, root, path, mutants):
        self.path = path
        self.source = (root / path).read_bytes()
        self.lines = self.source.decode().split("\n")
        self.tree = parser.parse(self.source)
        self.at = collections.defaultdict(list)
        self.alone = []
        for mutant in mutants:
            node = self.node(mutant)
            if node is None:
                self.alone.append(mutant)
            else:
                self.at[node.id].append(mutant)

    def offset(self, place):
        before = self.lines[: place["line"] - 1]
        return sum(len(line.encode()) + 1 for line in before) + len(self.lines[place["line"] - 1][: place["column"] - 1].encode())

    def node(self, mutant):
        start, end = self.offset(mutant["span"]["start"]), self.offset(mutant["span"]["end"])
        node = self.tree.root_node.descendant_for_byte_range(start, max(start, end - 1))
        inside = [node]
        while inside[-1].parent is not None:
            inside.append(inside[-1].parent)
        function = next((n for n in inside if n.type == "function_item"), None)
        if function is None or b"const fn" in function.text.split(b"(")[0]:
            return None
        match mutant["genre"]:
            case "FnValue":
                returned = function.child_by_field_name("return_type")
                return None if returned and b"impl " in returned.text else function.child_by_field_name("body")
            case "BinaryOperator":
                node = next(n for n in inside if n.start_byte < start and n.end_byte > end)
                return None if node.type == "let_chain" else node
            case "UnaryOperator":
                return next(n for n in inside if n.type == "unary_expression")
            case "MatchArmGuard":
                pattern = next(n for n in inside if n.type == "match_pattern")
                return pattern.child_by_field_name("condition")
            case "MatchArm":
                arm = next(n for n in inside if n.type == "match_arm" and n.start_byte == start)
                return arm.child_by_field_name("pattern")
            case "StructField":
                return next(n for n in inside if n.type in ("field_initializer", "shorthand_field_initializer"))

    def take(self, numbers):
        """Mutants that cannot be switched after all."""
        taken = [mutant for at in self.at.values() for mutant in at if mutant["number"] in numbers]
        for at in self.at.values():
            at[:] = [mutant for mutant in at if mutant["number"] not in numbers]
        return taken

    def emit(self, dropped, node=None):
        node = node or self.tree.root_node
        parts, at = [], node.start_byte
        for child in node.children:
            parts += [self.source[at : child.start_byte], self.emit(dropped, child)]
            at = child.end_byte
        parts.append(self.source[at : node.end_byte])
        for mutant in [m for m in self.at[node.id] if m["number"] not in dropped]:
            self.switch(node, parts, mutant)
        return b"".join(parts)

    def switch(self, node, parts, mutant):
        """Puts the mutant behind its switch. `parts` are the node's children at odd places, what is between them at even ones."""
        number, replacement = mutant["number"], mutant["replacement"].encode()
        on = b"crate::mutant(%d)" % number
        start, end = b"/*<%d*/" % number, b"/*>%d*/" % number
        whole = b"".join(parts)
        match mutant["genre"]:
            case "FnValue":
                body = whole.index(b"{") + 1
                new = whole[:body] + start + b"if " + on + b" { return " + replacement + b"; }" + end + whole[body:]
            case "BinaryOperator":
                # Its operands as they were: a mutant of an operand is met in the other branch.
                left, right = (node.child_by_field_name(side).text for side in ("left", "right"))
                if node.type == "binary_expression":
                    left, right = b"(" + left + b")", b"(" + right + b")"
                changed = left + b" " + replacement + b" " + right
                new = start + b"(if " + on + b" {" + changed + b"} else {" + whole + b"})" + end
            case "UnaryOperator":
                new = start + b"((" + whole + b") ^ " + on + b")" + end
            case "MatchArmGuard":
                new = start + b"(if " + on + b" {" + replacement + b"} else {" + whole + b"})" + end
            case "MatchArm":
                pattern, guard = whole.rsplit(b" if ", 1) if node.child_by_field_name("condition") else (whole, b"true")
                new = pattern + b" if " + start + b"(!" + on + b" && (" + guard + b"))" + end
            case "StructField":
                base = next(n for n in node.parent.children if n.type == "base_field_initializer").text[2:]
                name = node.children[0].text
                value = whole.split(b":", 1)[1] if node.type == "field_initializer" else whole
                new = name + b": " + start + b"if " + on + b" {(" + base + b")." + name + b"} else {" + value + b"}" + end
        parts[:] = [new]
