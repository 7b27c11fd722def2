"""What AWS documents of Step Functions and moto's interpreter lacks: stops, redrives and limits.

The modules hold the rules; ``embedded_aws/fixes/`` puts them into moto's interpreter.
"""
