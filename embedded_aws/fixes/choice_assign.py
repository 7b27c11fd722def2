"""A rule of a Choice state may assign variables, in JSONPath states as well.

moto drops the ``Assign`` of a rule with one comparison, and evaluates that of a compound rule
against the comparison's truth value instead of the state's input.
"""

from __future__ import annotations

from typing import Any

from moto.stepfunctions.parser.asl.component.common.assign.assign_decl import AssignDecl
from moto.stepfunctions.parser.asl.component.state.choice.choice_rule import ChoiceRule
from moto.stepfunctions.parser.asl.parse.preprocessor import Preprocessor


def apply() -> None:
    """Keep the rules' assignments and evaluate them when their rule is chosen."""
    visit = Preprocessor.visitChoice_rule_comparison_variable

    def visit_with_assign(self: Preprocessor, context: Any) -> ChoiceRule:
        rule = visit(self, context)
        for child in context.children:
            component = self.visit(child)
            if isinstance(component, AssignDecl):
                rule.assign = component
        return rule

    def eval_body(self: ChoiceRule, env: Any) -> None:
        self.comparison.eval(env)
        chosen = env.stack.pop()
        if chosen is True:
            for declaration in (self.assign, self.output):
                if declaration:
                    declaration.eval(env=env)
        env.stack.append(chosen)

    Preprocessor.visitChoice_rule_comparison_variable = visit_with_assign
    ChoiceRule._eval_body = eval_body
