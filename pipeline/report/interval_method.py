"""The one statement of how the intervals of an evaluation are computed, for the text below headings and for Methods."""

SHORT = "In brackets: 95 % intervals over subjects, because videos of one person are not independent draws."
METHODS = (
    "Intervals are 95 % intervals over subjects: Student's t with the standard error of the jackknife that leaves out "
    "each subject with all their videos [@efron1993], degrees of freedom from the fourth moment of its values "
    "[@satterthwaite1946], errors on the logarithmic scale and correlations on Fisher's."
)
