(** The printed equations of a network, run on tensors, are backpropagation.

    A network is data: a layer of Pairing.v for every vertex and one for the cost, with the shapes of all tensors.  Its
    map is the value of the layer's last definition.  The printed step replaces, at all vertices at once, x_v by
    that value and s_v by the sum of the printed gradients of the layers that read v and of the cost's.

    [printed_backpropagation]: if the checks compute to true, then after 2L printed steps from any x and s, x is the
    feedforward activation, <s_v, .> is the Frechet derivative of the cost in x_v, and the printed parameter gradients
    are the Frechet derivative of the cost in the parameters. *)

From Coq Require Import Reals List Arith Lia Bool ZArith QArith Qreals Lra FunctionalExtensionality FinFun.
From Coquelicot Require Import Coquelicot.
From Dyadic Require Import Stabilisation Dyadic Sums Paths Gradient Network Backpropagation.
From Dyadic Require Import Equations Derivatives Polynomials Pairing Coordinates NetworkTensors Printed.
Import ListNotations.
Open Scope R_scope.

Section Emitted.
  Variable F : functions.
  Hypothesis F_exp : forall o z, F 0%nat o z = exp z.
  Variable dims : name -> list Z.
  Variable n : nat.                         (* vertices *)
  Variable P : nat.                         (* parameter tensors *)
  Variable layers : nat -> layer.
  Variable cost_layer : layer.
  Variable data : nat -> Z -> R.
  Variable L : nat.
  Variable rank : nat -> nat.
  (** The vertices, and n for the cost, whose identity is known otherwise than by computation: as an instance of one that is
      proved for all sizes. *)
  Variable by_kind : nat -> bool.
  Definition layer_at (v : nat) : layer := if (v <? n)%nat then layers v else cost_layer.
  Hypothesis by_kind_holds : forall v, by_kind v = true -> pairing_holds F dims (layer_at v).

  Notation Theta := (Theta dims P).
  Notation X := (X dims).
  Notation E := (Gradient.E Theta X).
  Notation parameter := (parameter dims P).
  Notation entry := (entry dims).
  Notation theta_of := (theta_of dims P).
  Notation activation_entry := (activation_entry dims P).
  Notation tensors_at := (tensors_at dims P data).
  Notation direction_at := (direction_at dims P).

  (** The layer at v reads u. *)
  Definition reads_vertex (l : layer) (u : nat) : bool := existsb (fun d => reads_name (Activation u) (body d)) (forward l).
  Definition parent (u v : nat) : bool := (u <? v)%nat && reads_vertex (layers v) u.

  Definition readers (v : nat) : nat -> bool := fun u => parent u v.
  Definition everything : nat -> bool := fun _ => true.

  (** The network's maps and their derivatives, from the equations alone. *)
  Definition vertex_map (v : nat) (e : E v) : X v :=
    build _ (run F dims (forward (layers v)) (tensors_at (readers v) v e) (target (result (layers v)))).
  Definition vertex_derivative (v : nat) (e h : E v) : X v :=
    build _ (push F dims (forward (layers v)) (tensors_at (readers v) v e) (direction_at (readers v) v h) (target (result (layers v)))).
  Definition cost (e : E n) : R_NormedModule :=
    run F dims (forward cost_layer) (tensors_at everything n e) (target (result cost_layer)) 0%Z.
  Definition Dcost (e h : E n) : R_NormedModule :=
    push F dims (forward cost_layer) (tensors_at everything n e) (direction_at everything n h) (target (result cost_layer)) 0%Z.

  (** ** The printed equations *)

  Notation printed := (printed F dims).
  Variable theta : Theta.
  Definition total (x : forall v, X v) (s : forall v, X v) (t : name) (reads : nat -> bool) (q : Z) : R :=
    sum_below n (fun c => if reads c then printed (layers c) (tensors_at (readers c) c (collect theta x c)) (entry (s c)) t q else 0)
      + printed cost_layer (tensors_at everything n (collect theta x n)) (fun _ => 1) t q.
  Definition printed_step (z : (forall v, X v) * (forall v, X v)) : (forall v, X v) * (forall v, X v) :=
    (fun v => vertex_map v (collect theta (fst z) v), fun u => build _ (total (fst z) (snd z) (Activation u) (parent u))).
  Fixpoint printed_run (k : nat) (z : (forall v, X v) * (forall v, X v)) :=
    match k with O => z | S k => printed_step (printed_run k z) end.
  Definition printed_gradient (z : (forall v, X v) * (forall v, X v)) (k : nat) : Z -> R :=
    total (fst z) (snd z) (Param k) (fun _ => true).

  (** <s, w>, and <G, h> over all parameters *)
  Definition pair {v : nat} (s w : X v) : R_NormedModule :=
    sum_list (entries dims (Activation v)) (fun p => entry s p * entry w p).
  Definition pair_parameters (G : nat -> Z -> R) (h : Theta) : R_NormedModule :=
    sum_below P (fun k => sum_list (entries dims (Param k)) (fun q => G k q * parameter h k q)).

  (** ** The checks *)

  Definition same_shape (s t : name) : bool := if list_eq_dec Z.eq_dec (shape dims s) (shape dims t) then true else false.
  Definition known (g : equation) : bool := match target g with Param k => (k <? P)%nat | _ => true end.
  Definition network_layer_accepted (v : nat) (l : layer) : bool :=
    well_formed l && (if by_kind v then true else identity_accepted dims l) && reads_no_sensitivity l && forallb known (gradients l).
  (** What the layer at v reads of the vertices before v has smaller ranks. *)
  Definition ranks_grow (v : nat) : bool :=
    forallb (fun t => match t with Activation u => negb (u <? v)%nat || (rank u <? rank v)%nat | _ => true end)
      (flat_map (fun d => reads (body d)) (forward (layers v))).
  Definition vertex_accepted (v : nat) : bool :=
    network_layer_accepted v (layers v) && negb (is_cost (layers v)) && same_shape (target (result (layers v))) (Activation v) && (rank v <=? L)%nat && (1 <=? rank v)%nat &&
    ranks_grow v.
  Definition accepted : bool :=
    forallb vertex_accepted (seq 0 n) && network_layer_accepted n cost_layer && (match dims (target (result cost_layer)) with [] => true | _ => false end)
      && is_local (target (result cost_layer)).

  (** Every function is differentiable where feeding forward evaluates it. *)
  Definition smooth_network : Prop :=
    (forall v, (v < n)%nat -> smooth_chain F dims (forward (layers v)) (tensors_at (readers v) v (feedforward vertex_map theta v))) /\
    smooth_chain F dims (forward cost_layer) (tensors_at everything n (feedforward vertex_map theta n)).

  (** ** Differentiability *)

  Lemma vertex_map_differentiable : forall v (e : E v), smooth_chain F dims (forward (layers v)) (tensors_at (readers v) v e) ->
    filterdiff (vertex_map v) (locally e) (vertex_derivative v e).
  Proof.
    intros v e Hs. apply (build_differentiable (E v) e _
      (fun p y => run F dims (forward (layers v)) (tensors_at (readers v) v y) (target (result (layers v))) p)
      (fun p h => push F dims (forward (layers v)) (tensors_at (readers v) v e) (direction_at (readers v) v h) (target (result (layers v))) p)).
    intro p. apply push_is_derivative; [apply tensors_differentiable | exact Hs].
  Qed.
  Lemma cost_differentiable : forall e, smooth_chain F dims (forward cost_layer) (tensors_at everything n e) ->
    filterdiff cost (locally e) (Dcost e).
  Proof. intros e Hs. apply push_is_derivative; [apply tensors_differentiable | exact Hs]. Qed.

  (** ** The hypotheses of Backpropagation.v *)

  Lemma parents_first : forall u v, parent u v = true -> (u < v)%nat.
  Proof. intros u v H. apply andb_prop in H as [H _]. now apply Nat.ltb_lt. Qed.

  Lemma agreement : forall w v (e e' : E v), agree_at_parents parent w v e e' ->
    theta_of v e = theta_of v e' /\ forall u p, parent u w = true -> activation_entry v e u p = activation_entry v e' u p.
  Proof.
    intro w. induction v as [|v IH]; intros e e' H.
    - simpl in *. now subst.
    - destruct H as [H Hv]. destruct (IH _ _ H) as [Ht Ha]. split; [exact Ht|]. intros u p Hu. cbn [NetworkTensors.activation_entry].
      destruct (Nat.eqb_spec u v) as [->|]; [now rewrite (Hv Hu) | now apply Ha].
  Qed.

  Lemma vertex_map_reads_parents : forall v (e e' : E v), agree_at_parents parent v v e e' -> vertex_map v e = vertex_map v e'.
  Proof.
    intros v e e' H. unfold vertex_map. destruct (agreement v v e e' H) as [Ht Ha].
    assert (HT : tensors_at (readers v) v e = tensors_at (readers v) v e').
    { apply functional_extensionality. intro t. apply functional_extensionality. intro p.
      destruct t; cbn [NetworkTensors.tensors_at]; try reflexivity; [now rewrite Ht|].
      unfold readers. destruct (parent v0 v) eqn:Hp; [now apply Ha | reflexivity]. }
    now rewrite HT.
  Qed.

  Hypothesis checked : accepted = true.

  Lemma layer_checked : forall v, network_layer_accepted v (layer_at v) = true ->
    (well_formed (layer_at v) = true /\ pairing_holds F dims (layer_at v)) /\ reads_no_sensitivity (layer_at v) = true.
  Proof.
    intros v H. unfold network_layer_accepted in H. apply andb_prop in H as [H _]. apply andb_prop in H as [H Hno].
    apply andb_prop in H as [Hw H]. destruct (by_kind v) eqn:Hk; [now auto|].
    pose proof (identity_accepted_holds F F_exp dims _ H). auto.
  Qed.
  Lemma layer_at_vertex : forall v, (v < n)%nat -> layer_at v = layers v.
  Proof. intros v Hv. unfold layer_at. destruct (Nat.ltb_spec v n); [reflexivity | lia]. Qed.
  Lemma layer_at_cost : layer_at n = cost_layer.
  Proof. unfold layer_at. destruct (Nat.ltb_spec n n); [lia | reflexivity]. Qed.

  Lemma grown : forall v, ranks_grow v = true -> forall u, parent u v = true -> (rank u < rank v)%nat.
  Proof.
    intros v H u Hp. apply andb_prop in Hp as [Hu Hp]. apply existsb_exists in Hp as (d & Hd & Hp).
    apply existsb_exists in Hp as (t & Ht & E). unfold same_name in E. destruct (name_eq_dec (Activation u) t) as [<-|]; [|discriminate].
    unfold ranks_grow in H. rewrite forallb_forall in H.
    assert (Hin : In (Activation u) (flat_map (fun d => reads (body d)) (forward (layers v)))) by (apply in_flat_map; now exists d).
    specialize (H _ Hin). cbv beta iota in H. rewrite Hu in H. now apply Nat.ltb_lt.
  Qed.
  Lemma vertex_checked : forall v, (v < n)%nat -> (network_layer_accepted v (layers v) = true /\ is_cost (layers v) = false) /\
    shape dims (target (result (layers v))) = dims (Activation v) /\ (rank v <= L)%nat /\ (1 <= rank v)%nat /\
    forall u, (u < v)%nat -> parent u v = true -> (rank u < rank v)%nat.
  Proof.
    intros v Hv. unfold accepted in checked. apply andb_prop in checked as [H _]. apply andb_prop in H as [H _].
    apply andb_prop in H as [H _]. rewrite forallb_forall in H. specialize (H v ltac:(apply in_seq; lia)).
    unfold vertex_accepted in H. apply andb_prop in H as [H H0]. apply andb_prop in H as [H H1].
    apply andb_prop in H as [H H2]. apply andb_prop in H as [H H3]. apply andb_prop in H as [H H4]. apply negb_true_iff in H4.
    apply Nat.leb_le in H1, H2. unfold same_shape in H3.
    destruct (list_eq_dec _ _ _) as [Hs|]; [|discriminate]. refine (conj (conj H H4) (conj Hs (conj H2 (conj H1 _)))).
    intros u Hu Hp. now apply (grown v H0).
  Qed.
  Lemma cost_checked : network_layer_accepted n cost_layer = true /\ dims (target (result cost_layer)) = [] /\
    is_local (target (result cost_layer)) = true.
  Proof.
    unfold accepted in checked. apply andb_prop in checked as [H Hl]. apply andb_prop in H as [H Hd].
    apply andb_prop in H as [_ H]. repeat split; try assumption. now destruct (dims (target (result cost_layer))).
  Qed.

  Lemma paths_bounded : forall k v, (v < n)%nat -> path parent k v -> (k <= L)%nat.
  Proof.
    assert (H : forall k v, path parent k v -> (v < n)%nat -> (k <= rank v)%nat).
    { induction 1 as [v|k u v Hpath IH Hp]; intro Hv; [now apply vertex_checked|].
      pose proof (parents_first u v Hp). specialize (IH ltac:(lia)).
      destruct (vertex_checked v Hv) as (_ & _ & _ & _ & Hr). specialize (Hr u ltac:(lia) Hp). lia. }
    intros k v Hv Hpath. specialize (H k v Hpath Hv). destruct (vertex_checked v Hv) as (_ & _ & Hr & _). lia.
  Qed.

  (** ** The printed step is the step of Network.v, a sensitivity s_v standing for the functional <s_v, .> *)

  (** <s_c, Df_c h> for one vertex. *)
  Lemma vertex_pairing : forall c (e h : E c) (s : X c) names, (c < n)%nat -> NoDup names ->
    (forall g, In g (gradients (layers c)) -> In (target g) names \/ forall q, direction_at (readers c) c h (target g) q = 0) ->
    pair s (vertex_derivative c e h) = sum_list names (fun t => sum_list (entries dims t) (fun q =>
      printed (layers c) (tensors_at (readers c) c e) (entry s) t q * direction_at (readers c) c h t q)).
  Proof.
    intros c e h s names Hc Hn Hnames. destruct (vertex_checked c Hc) as ((Hg & Hns) & Hs & _).
    pose proof (layer_checked c) as Hl. rewrite (layer_at_vertex c Hc) in Hl. specialize (Hl Hg).
    rewrite <- (layer_printed F dims (layers c) _ (direction_at (readers c) c h) (entry s) names (proj1 (proj1 Hl)) (proj2 (proj1 Hl)) (proj2 Hl) (directions_still _ _ _ _ _) Hn Hnames) by (intro; congruence).
    unfold pair. assert (He : entries dims (target (result (layers c))) = entries dims (Activation c)).
    { unfold entries. now rewrite Hs. }
    rewrite He. apply sum_list_ext. intros p Hp. f_equal. unfold vertex_derivative. now rewrite entry_build.
  Qed.
  Lemma cost_pairing : forall (e h : E n) names, NoDup names ->
    (forall g, In g (gradients cost_layer) -> In (target g) names \/ forall q, direction_at everything n h (target g) q = 0) ->
    Dcost e h = sum_list names (fun t => sum_list (entries dims t) (fun q =>
      printed cost_layer (tensors_at everything n e) (fun _ => 1) t q * direction_at everything n h t q)).
  Proof.
    intros e h names Hn Hnames. destruct cost_checked as (Hg & Hd & Hloc).
    pose proof (layer_checked n) as Hl. rewrite layer_at_cost in Hl. specialize (Hl Hg).
    rewrite <- (layer_printed F dims cost_layer _ (direction_at everything n h) (fun _ => 1) names (proj1 (proj1 Hl)) (proj2 (proj1 Hl)) (proj2 Hl) (directions_still _ _ _ _ _) Hn Hnames) by reflexivity.
    assert (He : entries dims (target (result cost_layer)) = [0%Z]).
    { unfold entries, shape. destruct (target (result cost_layer)); try discriminate. now rewrite Hd. }
    rewrite He. simpl. unfold Dcost. ring.
  Qed.

  Lemma sum_list_below : forall (A : Type) (l : list A) m g,
    sum_below m (fun c => sum_list l (g c)) = sum_list l (fun v => sum_below m (fun c => g c v)).
  Proof.
    intros A l. induction m as [|m IH]; intro g; simpl; [symmetry; now apply sum_list_zero|].
    now rewrite IH, <- sum_list_plus.
  Qed.
  Lemma sum_below_scal : forall m g c, sum_below m g * c = sum_below m (fun v => g v * c).
  Proof. induction m as [|m IH]; intros g c; simpl; [ring|]. rewrite <- IH. ring. Qed.

  Lemma new_sensitivity_is_printed : forall x s u w, (u < n)%nat ->
    new_sensitivity vertex_derivative Dcost parent theta u x (fun v => pair (s v)) w =
    pair (build _ (total x s (Activation u) (parent u)) : X u) w.
  Proof.
    intros x s u w Hu. unfold new_sensitivity.
    assert (Hone : NoDup [Activation u]) by (constructor; [now intros [] | constructor]).
    assert (Hg : forall mask v (gs : list equation) g, In g gs -> In (target g) [Activation u] \/
      forall q, direction_at mask v (along u w v) (target g) q = 0).
    { intros mask v gs g _. destruct (name_eq_dec (target g) (Activation u)) as [E|Hne]; [left; now left|].
      right. intro q. rewrite direction_along. unfold same_name. now destruct (name_eq_dec (target g) (Activation u)). }
    rewrite (cost_pairing _ _ [Activation u] Hone (Hg everything n (gradients cost_layer))).
    assert (Hc : sum_below n (fun c => if parent u c then pair (s c) (vertex_derivative c (collect theta x c) (along u w c)) else 0)
      = sum_list (entries dims (Activation u)) (fun q => sum_below n (fun c => if parent u c then
          printed (layers c) (tensors_at (readers c) c (collect theta x c)) (entry (s c)) (Activation u) q else 0) * entry w q)).
    { transitivity (sum_below n (fun c => sum_list (entries dims (Activation u)) (fun q => (if parent u c then
          printed (layers c) (tensors_at (readers c) c (collect theta x c)) (entry (s c)) (Activation u) q else 0) * entry w q))).
      - apply sum_below_ext. intros c Hcn. destruct (parent u c) eqn:Hp.
        + rewrite (vertex_pairing c _ _ _ [Activation u] Hcn Hone (Hg (readers c) c (gradients (layers c)))).
          rewrite sum_list_cons. simpl (sum_list [] _). rewrite Rplus_0_r. apply sum_list_ext. intros q _. f_equal.
          rewrite direction_along, same_name_refl. unfold readers. rewrite Hp.
          pose proof (parents_first u c Hp). destruct (Nat.ltb_spec u c); [reflexivity | lia].
        + symmetry. apply sum_list_zero. intros q _. ring.
      - rewrite sum_list_below. apply sum_list_ext. intros q _. now rewrite sum_below_scal. }
    rewrite Hc, sum_list_cons. simpl (sum_list [] _). rewrite Rplus_0_r, <- sum_list_plus. unfold pair.
    apply sum_list_ext. intros q Hq. rewrite entry_build by exact Hq. unfold total.
    rewrite direction_along, same_name_refl. unfold everything at 2. destruct (Nat.ltb_spec u n); [|lia]. simpl. ring.
  Qed.

  Lemma parameter_gradient_is_printed : forall x s h,
    parameter_gradient vertex_derivative Dcost theta x (fun v => pair (s v)) h = pair_parameters (printed_gradient (x, s)) h.
  Proof.
    intros x s h. unfold parameter_gradient. set (names := map Param (seq 0 P)).
    assert (Hn : NoDup names) by (apply Injective_map_NoDup; [intros a b E; now injection E | apply seq_NoDup]).
    assert (Hg : forall l c mask v, network_layer_accepted c l = true -> forall g, In g (gradients l) -> In (target g) names \/
      forall q, direction_at mask v (along_theta h v) (target g) q = 0).
    { intros l c mask v Hl g Hin. unfold network_layer_accepted in Hl. apply andb_prop in Hl as [_ Hk].
      rewrite forallb_forall in Hk. specialize (Hk g Hin). unfold known in Hk.
      destruct (target g) eqn:E; try (right; intro q; now rewrite direction_theta).
      left. apply in_map, in_seq. apply Nat.ltb_lt in Hk. lia. }
    rewrite (cost_pairing _ _ names Hn (Hg cost_layer n everything n (proj1 cost_checked))).
    rewrite (sum_below_ext n _ (fun c => sum_list names (fun t => sum_list (entries dims t) (fun q =>
      printed (layers c) (tensors_at (readers c) c (collect theta x c)) (entry (s c)) t q
        * match t with Param k => parameter h k q | _ => 0 end)))).
    - rewrite sum_list_below, <- sum_list_plus. unfold names. rewrite sum_list_map. unfold pair_parameters.
      assert (Hseq : forall m g, sum_list (seq 0 m) g = sum_below m g).
      { induction m as [|m IH]; intro g; [reflexivity|]. rewrite seq_S, sum_list_app, IH. simpl. ring. }
      rewrite Hseq. apply sum_below_ext. intros k _. rewrite sum_list_below, <- sum_list_plus.
      apply sum_list_ext. intros q _. rewrite <- sum_below_scal, direction_theta. unfold printed_gradient, total. simpl. ring.
    - intros c Hc. destruct (vertex_checked c Hc) as ((Hl & _) & _).
      rewrite (vertex_pairing c _ _ _ names Hc Hn (Hg (layers c) c (readers c) c Hl)).
      apply sum_list_ext. intros t _. apply sum_list_ext. intros q _. now rewrite direction_theta.
  Qed.

  Definition as_state (z : (forall v, X v) * (forall v, X v)) : network_state X n :=
    fun u => match u as u return Dyadic.space (node n) (A X n) (B X n) u with
             | inl w => fst z (position n w) | inr w => pair (snd z (position n w)) end.

  Lemma x_of_state : forall z v, (v < n)%nat -> x_of (as_state z) v = fst z v.
  Proof. intros z v Hv. exact (everywhere_node n (fun v => X v) (fun v => zero) _ (exist _ v Hv)). Qed.
  Lemma s_of_state : forall z v, (v < n)%nat -> s_of (as_state z) v = pair (snd z v).
  Proof.
    intros z v Hv. exact (everywhere_node n (fun v => X v -> R_NormedModule) (fun v _ => zero) _ (exist _ v Hv)).
  Qed.

  Lemma new_sensitivity_ext : forall x y s t u w, (forall v, (v < n)%nat -> x v = y v) ->
    (forall v, (v < n)%nat -> s v = t v) ->
    new_sensitivity vertex_derivative Dcost parent theta u x s w = new_sensitivity vertex_derivative Dcost parent theta u y t w.
  Proof.
    intros x y s t u w Hx Hs. unfold new_sensitivity. f_equal.
    - apply sum_below_ext. intros c Hc. destruct (parent u c); [|reflexivity].
      rewrite Hs by exact Hc. now rewrite (collect_ext Theta X theta x y c) by (intros; apply Hx; lia).
    - now rewrite (collect_ext Theta X theta x y n) by assumption.
  Qed.

  Lemma printed_run_is_after : forall k z, after vertex_map vertex_derivative Dcost parent theta k (as_state z) = as_state (printed_run k z).
  Proof.
    induction k as [|k IH]; intro z; [reflexivity|]. unfold after in *. cbn [Stabilisation.run printed_run].
    rewrite IH. clear IH. generalize (printed_run k z). clear z. intro z. apply functional_extensionality_dep. intros [[v Hv]|[v Hv]].
    - unfold step. cbn. unfold f_node, new_activation. cbn. f_equal. apply collect_ext. intros u Hu.
      apply (x_of_state z u). lia.
    - unfold step. cbn. unfold g_node. cbn. apply functional_extensionality. intro w.
      rewrite <- new_sensitivity_is_printed by exact Hv.
      apply new_sensitivity_ext; intros u Hu; [now apply (x_of_state z u) | now apply (s_of_state z u)].
  Qed.

  (** ** The theorem *)

  Theorem printed_backpropagation : smooth_network -> forall z0,
    let z := printed_run (2 * L) z0 in
    (forall v, (v < n)%nat -> fst z v = vertex_map v (feedforward vertex_map theta v)) /\
    (forall v, (v < n)%nat ->
      filterdiff (fun y => cost (feedforward_with vertex_map theta v y n)) (locally (fst z v)) (pair (snd z v))) /\
    filterdiff (feedforward_cost vertex_map cost) (locally theta) (pair_parameters (printed_gradient z)).
  Proof.
    intros [Hsmooth Hcost] z0 z.
    destruct (dyadic_backpropagation Theta X n vertex_map vertex_derivative cost Dcost parent parents_first
      (fun v e e' _ H => vertex_map_reads_parents v e e' H) L paths_bounded theta
      (fun v Hv => vertex_map_differentiable v _ (Hsmooth v Hv)) (cost_differentiable _ Hcost) (as_state z0)) as (Hx & Hs & _ & Hg).
    rewrite printed_run_is_after in Hx, Hs, Hg. fold z in Hx, Hs, Hg. split; [|split].
    - intros v Hv. rewrite <- (x_of_state z v Hv). now apply Hx.
    - intros v Hv. rewrite <- (x_of_state z v Hv), <- (s_of_state z v Hv). now apply Hs.
    - apply (filterdiff_ext_lin _ _ _ Hg). intro h.
      change (pair_parameters (printed_gradient z) h) with (pair_parameters (printed_gradient (fst z, snd z)) h).
      rewrite <- parameter_gradient_is_printed.
      unfold parameter_gradient. f_equal.
      + apply sum_below_ext. intros c Hc. rewrite (s_of_state z c Hc).
        now rewrite (collect_ext Theta X theta (x_of (as_state z)) (fst z) c) by (intros; apply x_of_state; lia).
      + now rewrite (collect_ext Theta X theta (x_of (as_state z)) (fst z) n) by (intros; apply x_of_state; lia).
  Qed.
End Emitted.
