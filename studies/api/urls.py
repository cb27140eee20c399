"""URLs of the REST API, under api/."""

from django.urls import path

from studies.api.views import additions, analysis, drawing, items, participants, report, results, studies

app_name = "api"
urlpatterns = [
    path("studies/", studies.StudiesView.as_view(), name="studies"),
    path("studies/<int:pk>/", studies.OneStudyView.as_view(), name="study"),
    path("studies/<int:pk>/open/", studies.OpenView.as_view(), name="open"),
    path("studies/<int:pk>/close/", studies.CloseView.as_view(), name="close"),
    path("studies/<int:pk>/additions/", additions.AdditionsView.as_view(), name="additions"),
    path("studies/<int:pk>/additions/<int:addition>/", additions.OneAdditionView.as_view(), name="addition"),
    path("studies/<int:pk>/items/", items.ItemsView.as_view(), name="items"),
    path("studies/<int:pk>/items/<int:item>/samples/", items.SamplesView.as_view(), name="samples"),
    path("studies/<int:pk>/draw/", drawing.DrawView.as_view(), name="draw"),
    path("studies/<int:pk>/progress/", drawing.ProgressView.as_view(), name="progress"),
    path("studies/<int:pk>/ballots/", results.BallotsView.as_view(), name="ballots"),
    path("studies/<int:pk>/participants/", participants.ParticipantsView.as_view(), name="participants"),
    path("studies/<int:pk>/results/", results.ResultsView.as_view(), name="results"),
    path("studies/<int:pk>/live/", analysis.LiveView.as_view(), name="live"),
    path("studies/<int:pk>/analysis/", analysis.AnalysisVersionsView.as_view(), name="analysis"),
    path("studies/<int:pk>/evidence/", analysis.EvidenceView.as_view(), name="evidence"),
    path("studies/<int:pk>/report/", report.ReportView.as_view(), name="report"),
    path("studies/<int:pk>/report.<str:kind>", report.ReportFileView.as_view(), name="report-file"),
]
