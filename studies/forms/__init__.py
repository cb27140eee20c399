"""Forms of the researcher's pages: they read what people typed; rules of the protocol stay in the services."""

from studies.forms.additions import AdditionForm
from studies.forms.members import MemberForm
from studies.forms.sampler_settings import SamplerSettingsForm, settings_form_class
from studies.forms.study import StudyForm
from studies.forms.uploads import ItemsForm

__all__ = ["AdditionForm", "ItemsForm", "MemberForm", "SamplerSettingsForm", "StudyForm", "settings_form_class"]
